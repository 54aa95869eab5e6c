"""The bar of exactly 100 mm on every sheet: its outer ends are what is measured."""

from __future__ import annotations

from openset.stage.prints.scale import BAR_MM
from openset.stage.prints.typeset import bar

END_MM, THICK_MM, POST_MM = 6.0, 1.2, 0.5
"""How tall the end posts are, how thick the bar, how wide the posts (which stand inside the 100 mm)."""


def lying_bar(x_mm: float, y_mm: float) -> list[str]:
    """A bar from left to right whose top left corner is (x, y); a tick every 10 mm."""
    middle = y_mm + (END_MM - THICK_MM) / 2
    posts = [
        bar(x_mm, y_mm, POST_MM, END_MM),
        bar(x_mm + BAR_MM - POST_MM, y_mm, POST_MM, END_MM),
    ]
    ticks = [bar(x_mm + at - 0.2, y_mm + 1.2, 0.4, END_MM - 2.4) for at in range(10, int(BAR_MM), 10)]
    return [bar(x_mm, middle, BAR_MM, THICK_MM), *posts, *ticks]


def standing_bar(x_mm: float, y_mm: float) -> list[str]:
    """The same from the top down."""
    middle = x_mm + (END_MM - THICK_MM) / 2
    posts = [
        bar(x_mm, y_mm, END_MM, POST_MM),
        bar(x_mm, y_mm + BAR_MM - POST_MM, END_MM, POST_MM),
    ]
    ticks = [bar(x_mm + 1.2, y_mm + at - 0.2, END_MM - 2.4, 0.4) for at in range(10, int(BAR_MM), 10)]
    return [bar(middle, y_mm, THICK_MM, BAR_MM), *posts, *ticks]
