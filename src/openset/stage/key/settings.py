"""What an operator may set on the key, with defaults that are meant to be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from openset.primitives.errors import BadInput

ScreenColour = Literal["auto", "green", "blue"]
Point = tuple[float, float]  # picture fractions: (0, 0) top left, (1, 1) bottom right


@dataclass(frozen=True)
class KeySettings:
    """Settings of the key; every number is in linear light unless it says otherwise.

    `screen`: the cloth's colour; auto takes the one that fills more of the picture.
    `balance`: how the two other channels are weighed against the screen's own: 1 compares with the
        brighter of them, 0 with the darker.
    `gain`: how much of the screen's colour difference counts as screen.
    `clip_black`, `clip_white`: matte below is screen, matte above is solid.
    `despill`: limits the screen's channel: 1 at the brighter of the two others, 0 at their mean.
    `core`: mattes above this, with nothing thinner around them, become solid; 1 turns it off.
    `garbage`: auto removes what lies beyond a straight edge of the cloth; off keeps it.
    `marks`: removes marks on the cloth (tape, pins) smaller than a thumb and away from the subject.
    `garbage_shapes`: polygons in picture fractions that are never subject.
    """

    screen: ScreenColour = "auto"
    balance: float = 0.65
    gain: float = 1.0
    clip_black: float = 0.06
    clip_white: float = 0.86
    despill: float = 0.3
    core: float = 0.6
    garbage: Literal["auto", "off"] = "auto"
    marks: bool = True
    garbage_shapes: tuple[tuple[Point, ...], ...] = ()

    def __post_init__(self) -> None:
        _one_of("screen", self.screen, ("auto", "green", "blue"))
        _one_of("garbage", self.garbage, ("auto", "off"))
        _within("balance", self.balance, 0.0, 1.0)
        _within("gain", self.gain, 0.1, 4.0)
        _within("clip_black", self.clip_black, 0.0, 0.95)
        _within("clip_white", self.clip_white, self.clip_black + 0.01, 1.0)
        _within("despill", self.despill, 0.0, 1.0)
        _within("core", self.core, 0.0, 1.0)
        for shape in self.garbage_shapes:
            if len(shape) < 3:
                raise BadInput("a garbage shape has at least three corners", where="key settings")

    def as_mapping(self) -> dict[str, Any]:
        """The settings as plain values, for take.toml and production.toml."""
        plain = asdict(self)
        plain["garbage_shapes"] = [[list(point) for point in shape] for shape in self.garbage_shapes]
        return plain


def settings_from_mapping(values: Mapping[str, Any]) -> KeySettings:
    """Plain values to settings; BadInput names the setting that is unknown or out of range."""
    known = {field.name for field in fields(KeySettings)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise BadInput(
            f"no key setting is called {unknown[0]!r}",
            where="key settings",
            todo=f"Use one of {', '.join(sorted(known))}",
        )
    taken = dict(values)
    try:
        shapes = taken.pop("garbage_shapes", ())
        taken["garbage_shapes"] = tuple(
            tuple((float(x), float(y)) for x, y in shape) for shape in shapes
        )
        return KeySettings(**taken)
    except (TypeError, ValueError) as trouble:
        raise BadInput(f"unreadable key setting: {trouble}", where="key settings") from trouble


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadInput(f"{name} is {value!r}", where="key settings", todo=f"Use {' or '.join(allowed)}")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadInput(f"{name} is {value}", where="key settings", todo=f"Use {low:g} to {high:g}")
