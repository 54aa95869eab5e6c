"""ASC framing decision lists: what part of the camera's picture the frame is, for everyone downstream.

Source: ASC FDL 2.0. A canvas is the picture as recorded, an intent the aspect ratio that is wanted, a
decision where it lies in the canvas. Lists are written and checked by the ASC's own library (`asc-fdl`)
and read here, since the library (1.0.2) ends the whole process for a number that is none. Frames are
worked out here, too: at a squeeze of 2 the library's are larger than the canvas.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.primitives.errors import BadInput, PartMissing
from openset.stage.exchange.model import MOST_FAULTS, Options, Read
from openset.stage.exchange.whole_file import contents

CREATOR = "Openset"
MOST_BYTES = 16 * 1024 * 1024
MOST_PX = 1_000_000


@dataclass(frozen=True)
class Framing:
    """One decision: `size_px` of the frame and `at_px`, its top left corner, in the canvas, whose size
    in pixels is `canvas_px`. `aspect` is the ratio that was wanted; `squeeze` the lens's. `protection`
    is the part of the canvas that is left around the frame, 0.1 for ten per cent."""

    label: str
    canvas_px: tuple[int, int]
    aspect: Fraction
    size_px: tuple[float, float]
    at_px: tuple[float, float]
    canvas: str = ""
    squeeze: float = 1.0
    protection: float = 0.0
    context: str = ""


def framed(
    canvas_px: tuple[int, int],
    aspect: Fraction,
    label: str,
    *,
    canvas: str = "",
    squeeze: float = 1.0,
    protection: float = 0.0,
) -> Framing:
    """The largest frame of an aspect ratio in the middle of a canvas, with room for `protection`, in
    even pixels rounded up as the ASC does. Raises BadInput for a canvas or aspect that is none."""
    width, height = canvas_px
    if not (0 < width <= MOST_PX and 0 < height <= MOST_PX):
        raise BadInput(f"{width} x {height} is no size of a picture")
    if not (0 < aspect <= 100 and 0 < squeeze <= 10 and 0 <= protection < 1):
        raise BadInput(f"an aspect of {float(aspect):g} squeezed {squeeze:g} is no frame")
    ratio = float(aspect) / squeeze  # in the pixels as recorded
    room = 1 - protection
    wide = min(width * room, height * room * ratio)
    size = (_even(wide, width), _even(wide / ratio, height))
    at = ((width - size[0]) / 2, (height - size[1]) / 2)
    return Framing(label, canvas_px, aspect, size, at, canvas or label, squeeze, protection)


def read(path: Path, options: Options) -> Read:
    """The framings of a list, as a tuple. Raises FormatError."""
    text = decoded(contents(path, MOST_BYTES))
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"this is not JSON: {error.msg}", f"line {error.lineno}") from error
    except (RecursionError, ValueError) as error:
        raise FormatError("this JSON is nested too deep, or holds an absurd number") from error
    major = _get(_get(document, "version", dict), "major", int)
    if major not in (1, 2):
        raise FormatError(f"a list of version {major}; Openset reads 1 and 2", "version")
    faults: list[str] = []
    found = tuple(_framings(document, faults))
    if not found:
        raise FormatError(faults[0] if faults else "there is no framing decision in this list")
    return Read(found, len(faults), tuple(faults[:MOST_FAULTS]), _unheld(document))


def write(value: tuple[Framing, ...], path: Path, options: Options) -> None:
    """Write framings as one list; those of the same context and canvas stand together. Raises
    FormatError where the library does not accept them, PartMissing where it is not installed."""
    if not value:
        raise FormatError("there is no framing to write")
    fdl = _library()
    try:
        with fdl.FDL(uuid=str(uuid.uuid4()), fdl_creator=CREATOR) as document:
            _fill(fdl, document, value)
            text = fdl.write_to_string(document, validate=True)
    except (fdl.FDLError, ArithmeticError, RuntimeError, TypeError, ValueError) as error:
        raise FormatError(f"the library refuses this: {_brief(error)}") from error
    path.write_text(text, encoding="utf-8", newline="\n")


def _library() -> Any:
    try:
        import fdl  # type: ignore[import-untyped]
    except ImportError as error:
        raise PartMissing(
            "framing decision lists are written by the ASC's library",
            todo="Install it: pip install asc-fdl",
        ) from error
    return fdl


def _fill(fdl: Any, document: Any, value: tuple[Framing, ...]) -> None:
    intents: dict[tuple[Fraction, float, str], str] = {}
    contexts: dict[str, Any] = {}
    canvases: dict[tuple[object, ...], tuple[str, Any]] = {}
    made: set[tuple[object, ...]] = set()
    for number, each in enumerate(value, 1):
        key = (each.aspect, each.protection, each.label)
        if key not in intents:
            intents[key] = f"FI{len(intents) + 1}"
            aspect = fdl.DimensionsInt(width=each.aspect.numerator, height=each.aspect.denominator)
            document.add_framing_intent(intents[key], each.label, aspect, each.protection)
        if each.context not in contexts:
            contexts[each.context] = document.add_context(each.context, CREATOR)
        place = (each.context, each.canvas, each.canvas_px, each.squeeze)
        if place not in canvases:
            name = f"C{len(canvases) + 1}"
            size = fdl.DimensionsInt(width=each.canvas_px[0], height=each.canvas_px[1])
            canvas = contexts[each.context].add_canvas(name, each.canvas, name, size, each.squeeze)
            canvases[place] = (name, canvas)
        name, canvas = canvases[place]
        decision = canvas.add_framing_decision(
            f"{name}-{intents[key]}" + (f"-{number}" if (name, key) in made else ""),
            each.label,
            intents[key],
            fdl.DimensionsFloat(width=each.size_px[0], height=each.size_px[1]),
            fdl.PointFloat(x=each.at_px[0], y=each.at_px[1]),
        )
        made.add((name, key))
        if each.protection:
            _protect(fdl, decision, each)


def _protect(fdl: Any, decision: Any, framing: Framing) -> None:
    """Say what the frame with the room around it is."""
    whole = framed(framing.canvas_px, framing.aspect, "", squeeze=framing.squeeze)
    size = fdl.DimensionsFloat(width=whole.size_px[0], height=whole.size_px[1])
    decision.set_protection(size, fdl.PointFloat(x=whole.at_px[0], y=whole.at_px[1]))


def _framings(document: Any, faults: list[str]) -> Iterator[Framing]:
    intents = {_get(each, "id", str): each for each in _get(document, "framing_intents", list)}
    for context in _get(document, "contexts", list):
        for canvas in _get(context, "canvases", list):
            for decision in _get(canvas, "framing_decisions", list):
                try:
                    yield _framing(context, canvas, decision, intents)
                except FormatError as error:
                    faults.append(f"framing {_get(decision, 'id', str)!r}: {error}")


def _framing(context: Any, canvas: Any, decision: Any, intents: dict[str, Any]) -> Framing:
    wanted = _get(decision, "framing_intent_id", str)
    if wanted not in intents:
        raise FormatError(f"there is no framing intent {wanted!r}")
    intent = intents[wanted]
    aspect = _pair(intent, "aspect_ratio", "width", "height")
    whole = _pair(canvas, "dimensions", "width", "height")
    size = _pair(decision, "dimensions", "width", "height")
    if min(*aspect, *size) < 0.001 or min(whole) < 1:
        raise FormatError("a canvas, an aspect and a frame have a width and a height")
    return Framing(
        _get(decision, "label", str),
        (round(whole[0]), round(whole[1])),
        Fraction(aspect[0]).limit_denominator(MOST_PX) / Fraction(aspect[1]).limit_denominator(MOST_PX),
        size,
        _pair(decision, "anchor_point", "x", "y"),
        _get(canvas, "label", str),
        _number(canvas.get("anamorphic_squeeze", 1.0), "anamorphic_squeeze"),
        _number(intent.get("protection", 0.0), "protection"),
        _get(context, "label", str),
    )


def _get(holder: Any, name: str, kind: type) -> Any:
    """What stands under a name: of a kind, or empty. Raises FormatError for another kind."""
    if not isinstance(holder, dict):
        raise FormatError("this is no framing decision list: an object is missing", name)
    value = holder.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind) or isinstance(value, bool):
        raise FormatError(f"this is no {kind.__name__}", name)
    return value


def _pair(holder: Any, name: str, first: str, second: str) -> tuple[float, float]:
    value = _get(holder, name, dict)
    return _number(value.get(first), name), _number(value.get(second), name)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST_PX:
        raise FormatError("this is no credible number", name)
    return float(value)


def _unheld(document: dict[str, Any]) -> tuple[str, ...]:
    names = [name for name in ("canvas_templates", "default_framing_intent") if document.get(name)]
    extra = ("effective_dimensions", "photosite_dimensions", "physical_dimensions")
    canvases = [each for context in document["contexts"] for each in _get(context, "canvases", list)]
    return tuple([*names, *(name for name in extra if any(each.get(name) for each in canvases))])


def _even(length: float, most: int) -> int:
    """The next even number of pixels, or the last that fits."""
    return min(2 * math.ceil(round(length / 2, 6)), most)


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
