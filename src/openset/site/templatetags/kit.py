"""Icons and plain figures for every page of the kit; available in all templates without loading."""

from __future__ import annotations

import re
from functools import lru_cache

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_NAME = re.compile(r"^[a-z0-9-]+$")


@register.simple_tag
def icon(name: str) -> SafeString:
    """The Lucide icon of that name as inline SVG, silent to screen readers; nothing if absent."""
    return _icon(name)


@lru_cache(maxsize=256)
def _icon(name: str) -> SafeString:
    path = settings.HERE / "vendor" / "lucide-static" / "icons" / f"{name}.svg"
    if not _NAME.match(name) or not path.is_file():
        return mark_safe("")
    found = re.search(r"<svg\b[^>]*>(.*)</svg>", path.read_text(encoding="utf-8"), re.DOTALL)
    body = " ".join(found[1].split()) if found else ""
    return mark_safe(
        '<svg class="icon" aria-hidden="true" focusable="false" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
        f"{body}</svg>"
    )


@register.simple_tag
def vendor_sheets() -> list[str]:
    """The style sheets of those fonts that are on this machine."""
    names = ("noto-sans", "noto-sans-mono", "noto-sans-arabic")
    return [sheet for name in names if finders.find(sheet := f"vendor/{name}/index.css")]


@register.filter
def size(count: int) -> str:
    """Bytes in the unit that reads best."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
