"""Amounts as whole minor units, and how people write them."""

from __future__ import annotations

from decimal import Decimal

# ISO 4217, list one: currencies whose minor unit is not a hundredth.
_NONE = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
)
_FRANCS = ("XAF", "XOF", "XPF")
_THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DECIMALS = dict.fromkeys((*_NONE, *_FRANCS), 0) | dict.fromkeys(_THOUSANDTHS, 3)


def decimals(currency: str) -> int:
    """Digits after the point of the currency: 2 for most, 0 for the CFA franc, 3 for the dinar."""
    return _DECIMALS.get(currency, 2)


def major(amount_minor: int, currency: str) -> Decimal:
    """An amount in minor units as people write it: 123456 GHS minor units are 1234.56."""
    return Decimal(amount_minor).scaleb(-decimals(currency))
