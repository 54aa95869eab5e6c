"""lensfun's database files: XML of photographers' lenses, with distortion by focal length.

Source: lensfun's published database description, versions 1 and 2. Radii are counted in half the
short side of the sensor that was calibrated; `cropfactor` is the full frame's diagonal over that
sensor's, and `aspect-ratio` its long side over its short one (3:2 unless said). Distortion models are
`poly3`, `poly5` and `ptlens`, undistorted radius to distorted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from openset.formats.faults import FormatError
from openset.formats.plain_xml import children, name, parse, place, text
from openset.formats.tables import number

MODELS = {"poly3": ("k1",), "poly5": ("k1", "k2"), "ptlens": ("a", "b", "c")}
MOST_FAULTS = 20


@dataclass(frozen=True)
class Distortion:
    """One calibrated focal length; `terms` are k1, k1 k2 or a b c. `real_focal_mm` is the paraxial
    focal length where it was measured, `focal_mm` the one on the lens."""

    model: str
    focal_mm: float
    terms: tuple[float, ...]
    crop: float
    aspect: float
    real_focal_mm: float | None = None


@dataclass(frozen=True)
class LensfunLens:
    """One lens of a database; `projection` is lensfun's type, "rectilinear" for all but fisheyes.
    `centre` is the optical axis from the picture's middle, in half short sides, right and down."""

    maker: str
    model: str
    distortions: tuple[Distortion, ...]
    projection: str = "rectilinear"
    centre: tuple[float, float] = (0.0, 0.0)
    mounts: tuple[str, ...] = ()
    unheld: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Maker and model, the maker once."""
        known = self.model.lower().startswith(self.maker.lower())
        return self.model if known else f"{self.maker} {self.model}"


@dataclass(frozen=True)
class Database:
    """The lenses of a file; `skipped` counts those and their calibrations that could not be used."""

    lenses: tuple[LensfunLens, ...]
    skipped: int = 0
    faults: tuple[str, ...] = ()


@dataclass
class _Faults:
    count: int = 0
    told: list[str] = field(default_factory=list)

    def add(self, trouble: FormatError) -> None:
        self.count += 1
        if len(self.told) < MOST_FAULTS:
            self.told.append(str(trouble))


def read(data: bytes) -> Database:
    """The lenses in `data`; FormatError with the line where it is no such file or holds no lens."""
    root = parse(data)
    if name(root) != "lensdatabase":
        raise FormatError(
            f"this is no lensfun database: it begins with <{name(root)[:40]}>", place(root)
        )
    version = root.get("version", "1")
    if version not in ("0", "1", "2"):
        raise FormatError(f"version {version[:20]!r} is not known, only 1 and 2", place(root))
    faults = _Faults()
    lenses = []
    for element in children(root, "lens"):
        try:
            lenses.append(_lens(element, faults))
        except FormatError as trouble:
            faults.add(trouble)
    if not lenses:
        raise FormatError(
            f"no lens in this file can be used: {faults.told[0]}"
            if faults.told
            else "this file describes no lens, only cameras and mounts"
        )
    return Database(tuple(lenses), faults.count, tuple(faults.told))


def _lens(element: etree._Element, faults: _Faults) -> LensfunLens:
    model = _plain(element, "model")
    if not model:
        raise FormatError("a lens without a model", place(element))
    crop = _crop(_plain(element, "cropfactor"), element) or 1.0
    aspect = _aspect(_plain(element, "aspect-ratio"), element) or 1.5
    distortions: list[Distortion] = []
    unheld = set()
    for calibration in children(element, "calibration"):
        own_crop = _crop(calibration.get("cropfactor", ""), calibration) or crop
        own_aspect = _aspect(calibration.get("aspect-ratio", ""), calibration) or aspect
        for entry in calibration:
            if name(entry) != "distortion":
                unheld.add(name(entry))
                continue
            try:
                found = _distortion(entry, own_crop, own_aspect)
            except FormatError as trouble:
                faults.add(trouble)
                continue
            if found is not None:
                distortions.append(found)
    return LensfunLens(
        maker=_plain(element, "maker"),
        model=model,
        distortions=tuple(distortions),
        projection=_plain(element, "type").lower() or "rectilinear",
        centre=_centre(element),
        mounts=tuple(text(mount) for mount in children(element, "mount") if text(mount)),
        unheld=tuple(sorted(unheld - {""})),
    )


def _plain(element: etree._Element, tag: str) -> str:
    """The text of the first child of that name that is not a translation."""
    for child in children(element, tag):
        if child.get("lang") is None:
            return text(child)
    return ""


def _distortion(entry: etree._Element, crop: float, aspect: float) -> Distortion | None:
    """A calibrated focal length; None where it says that there is no distortion model."""
    model = entry.get("model", "").lower()
    if model == "none":
        return None
    if model not in MODELS:
        raise FormatError(f"the distortion model {model[:40]!r} is not known", place(entry))
    focal = _number(entry, "focal", 0.5, 10_000.0)
    if focal is None:
        raise FormatError("a calibration without its focal length", place(entry))
    terms = tuple(_number(entry, term, -100.0, 100.0) or 0.0 for term in MODELS[model])
    return Distortion(model, focal, terms, crop, aspect, _number(entry, "real-focal", 0.5, 10_000.0))


def _centre(element: etree._Element) -> tuple[float, float]:
    for child in children(element, "center"):
        return _number(child, "x", -10.0, 10.0) or 0.0, _number(child, "y", -10.0, 10.0) or 0.0
    return 0.0, 0.0


def _number(element: etree._Element, attribute: str, low: float, high: float) -> float | None:
    return _bounded(element.get(attribute, ""), low, high, element, attribute)


def _bounded(value: str, low: float, high: float, element: etree._Element, what: str) -> float | None:
    try:
        return number(value.strip(), low, high)
    except FormatError as trouble:
        raise FormatError(f"{what}: {trouble.trouble}", place(element)) from trouble


def _crop(value: str, element: etree._Element) -> float | None:
    return _bounded(value, 0.1, 100.0, element, "cropfactor")


def _aspect(value: str, element: etree._Element) -> float | None:
    """ "3:2" or "1.5" as a number, the long side over the short one."""
    long, colon, short = value.partition(":")
    if not colon:
        found = _bounded(value, 0.1, 10.0, element, "aspect-ratio")
    else:
        above = _bounded(long, 0.1, 10_000.0, element, "aspect-ratio")
        below = _bounded(short, 0.1, 10_000.0, element, "aspect-ratio")
        found = above / below if above and below else None
        if found is not None and not 0.1 <= found <= 10.0:
            raise FormatError(f"aspect-ratio: {value[:40]!r} is no picture's", place(element))
    return max(found, 1 / found) if found else None


def rectilinear(database: Database) -> Iterator[LensfunLens]:
    """The lenses of a database that draw straight lines straight but for their distortion, and that
    have some calibrated."""
    return (each for each in database.lenses if each.projection == "rectilinear" and each.distortions)
