"""The words in the bench's drawings, in the reader's language.

The bench draws once, in English, for whoever looks later; this goes over the text in the SVG as it is
shown. What stands in no pattern (a file's name, a note with figures of its own) is left as it is.
"""

from __future__ import annotations

import re
from html import escape, unescape

from django.utils.translation import get_language
from django.utils.translation import gettext as _

_TEXT = re.compile(r"(<text\b[^>]*>)([^<]*)(</text>)")
_BETWEEN = " · "
_N = r"(-?\d+(?:\.\d+)?)"


def translated(svg: str) -> str:
    """The drawing with its words in the language of this request."""
    if (get_language() or "en").startswith("en"):
        return svg
    sentences = [(re.compile(pattern), sentence) for pattern, sentence in _sentences()]

    def said(part: str) -> str:
        for pattern, sentence in sentences:
            if found := pattern.fullmatch(part):
                figures = {name: value for name, value in zip("nmk", found.groups(), strict=False)}
                # Kept together by an isolate: in a drawing nothing says which way its words run.
                return f"\N{FIRST STRONG ISOLATE}{sentence % figures}\N{POP DIRECTIONAL ISOLATE}"
        return part

    def of(match: re.Match[str]) -> str:
        parts = [said(part) for part in unescape(match[2]).split(_BETWEEN)]
        return match[1] + escape(_BETWEEN.join(parts)) + match[3]

    return _TEXT.sub(of, svg)


def _sentences() -> tuple[tuple[str, str], ...]:
    """What may stand in a drawing as a pattern, and the sentence its figures go into."""
    return (
        (
            rf"{_N} tags, usually sure to {_N} mm, the least sure to {_N} mm",
            _("%(n)s tags, usually sure to %(m)s mm, the least sure to %(k)s mm"),
        ),
        (r"From above \(X to the right, Y away\)", _("From above (X to the right, Y away)")),
        (r"From the front \(X to the right, Z up\)", _("From the front (X to the right, Z up)")),
        (
            rf"scale from (.*?)\. Ellipses: one standard deviation, {_N} times enlarged\. "
            r"Small dots: the walk\.",
            _("Ellipses: one standard deviation, %(m)s times enlarged. Small dots: the walk."),
        ),
        (
            rf"The picture comes {_N} ± {_N} ms after the pose",
            _("The picture comes %(n)s ± %(m)s ms after the pose"),
        ),
        (
            rf"The picture comes {_N} ± {_N} ms before the pose",
            _("The picture comes %(n)s ± %(m)s ms before the pose"),
        ),
        (r"No delay: .*", _("There is no delay to be had from this.")),
        (rf"correlation {_N}", _("correlation %(n)s")),
        (rf"{_N} frames", _("%(n)s pictures")),
        (
            rf"moved {_N} pixels a frame, {_N} degrees a second",
            _("moved %(n)s pixels a frame, %(m)s degrees a second"),
        ),
        (rf"read-out {_N} ms", _("read-out %(n)s ms")),
        (
            "How well picture and track agree, at each delay in milliseconds",
            _("How well picture and track agree, at each delay in milliseconds"),
        ),
        (
            "Pan, degrees a second: dots the picture, line the track at this delay",
            _("Pan, degrees a second: dots the picture, line the track at this delay"),
        ),
        (
            "Tilt, degrees a second: dots the picture, line the track at this delay",
            _("Tilt, degrees a second: dots the picture, line the track at this delay"),
        ),
        ("seconds since the first frame", _("seconds since the first frame")),
    )
