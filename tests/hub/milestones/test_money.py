"""Amounts in minor units are written in the currency's own digits."""

from decimal import Decimal

import pytest

from openset.hub.milestones.money import decimals, major


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (123456, "GHS", "1234.56"),
        (123456, "XOF", "123456"),
        (123456, "TND", "123.456"),
        (0, "EUR", "0.00"),
        (5, "USD", "0.05"),
    ],
)
def test_minor_units_become_what_people_write(amount_minor: int, currency: str, written: str) -> None:
    assert major(amount_minor, currency) == Decimal(written)
    assert str(major(amount_minor, currency)) == written


def test_a_currency_nobody_listed_has_hundredths() -> None:
    assert decimals("PEN") == 2
