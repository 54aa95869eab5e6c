"""lensfun's models as Openset's lens, held against the library's own map."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from openset.formats import lensfun_xml
from openset.primitives.errors import BadInput
from openset.stage.lens.lensfun_model import bent, lens_of, middle_scale, sensor_mm
from openset.stage.lens.model import distort

WIDTH, HEIGHT = 1920, 1280
LENSES = {"poly3": (-0.02,), "poly5": (-0.03, 0.004), "ptlens": (0.0172, -0.0492, 0.002)}


@pytest.fixture(scope="module")
def library() -> ModuleType:
    return pytest.importorskip("lensfunpy")


def database(model: str, terms: tuple[float, ...], focal: float, crop: float) -> str:
    names = lensfun_xml.MODELS[model]
    attributes = " ".join(f'{name}="{term}"' for name, term in zip(names, terms, strict=True))
    return f"""<lensdatabase version="1">
      <mount><name>M</name></mount>
      <camera><maker>A</maker><model>B</model><mount>M</mount><cropfactor>{crop}</cropfactor></camera>
      <lens><maker>A</maker><model>L</model><mount>M</mount><cropfactor>{crop}</cropfactor>
        <calibration><distortion model="{model}" focal="{focal}" {attributes}/></calibration></lens>
    </lensdatabase>"""


def library_map(library: ModuleType, lens: object, crop: float, focal: float) -> np.ndarray:
    """Where each pixel of a straight picture is looked up (h, w, 2); the first's centre is 0."""
    modifier = library.Modifier(lens, crop, WIDTH, HEIGHT)
    modifier.initialize(focal, 8.0, 1000.0, flags=library.ModifyFlags.DISTORTION)
    found: np.ndarray = modifier.apply_geometry_distortion()
    return found


def own_map(
    model: str, terms: tuple[float, ...], focal: float, crop: float
) -> tuple[np.ndarray, float]:
    """The same of the lens made of a calibration, and the residual it states. A straight picture has
    the focal length that the calibration counts radii with."""
    sensor = sensor_mm(crop, 1.5)
    fitted = lens_of(model, terms, focal, sensor, (WIDTH, HEIGHT))
    straight_px = focal / sensor[0] * WIDTH
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5 - WIDTH / 2, np.arange(HEIGHT) + 0.5 - HEIGHT / 2)
    lens = fitted.lens
    seen = distort(lens, np.stack([x, y], axis=-1) / straight_px)
    return seen * lens.fx_px + [WIDTH / 2 - 0.5, HEIGHT / 2 - 0.5], fitted.residual_px


@pytest.mark.parametrize("model", ["poly3", "poly5"])
@pytest.mark.parametrize("crop", [1.0, 1.6])
def test_polynomials_draw_what_the_library_draws(library: ModuleType, model: str, crop: float) -> None:
    """The library counts radii in half the height less a pixel, which is a fifth of a pixel here; a
    curve through its radii has the calibration's own terms."""
    text = database(model, LENSES[model], 24.0, crop)
    known = library.Database(xml=text, load_common=False, load_bundled=False)
    found = library_map(library, known.lenses[0], crop, 24.0)
    mine, residual = own_map(model, LENSES[model], 24.0, crop)
    assert residual == 0.0
    assert float(np.abs(mine - found).max()) < 0.3
    straight = np.indices((HEIGHT, WIDTH))[::-1].transpose(1, 2, 0)
    assert float(np.abs(mine - straight).max()) > 5.0
    k1, k2 = (*LENSES[model], 0.0)[:2]
    wanted = [middle_scale(model, LENSES[model]), k1, k2]
    assert radial_terms(found) == pytest.approx(wanted, abs=1e-4)


def radial_terms(found: np.ndarray) -> list[float]:
    """Terms in r^0, r^2 and r^4 of a map's magnification, with r = 1 at the middle of the long edge."""
    middle = np.array([WIDTH - 1, HEIGHT - 1]) / 2
    offsets = np.indices((HEIGHT, WIDTH))[::-1].transpose(1, 2, 0) - middle
    radius = np.hypot(offsets[..., 0], offsets[..., 1])
    away = radius > 100
    ratio = np.hypot(*np.moveaxis(found - middle, -1, 0))[away] / radius[away]
    r2 = (radius[away] * 2 / (HEIGHT - 1)) ** 2
    terms, *_ = np.linalg.lstsq(np.stack([np.ones_like(r2), r2, r2 * r2], axis=1), ratio, rcond=None)
    return [float(term) for term in terms]


def test_ptlens_draws_what_the_library_draws_within_its_stated_residual(library: ModuleType) -> None:
    text = database("ptlens", LENSES["ptlens"], 24.0, 1.0)
    known = library.Database(xml=text, load_common=False, load_bundled=False)
    found = library_map(library, known.lenses[0], 1.0, 24.0)
    mine, residual = own_map("ptlens", LENSES["ptlens"], 24.0, 1.0)
    assert 0.0 < residual < 0.5
    assert float(np.abs(mine - found).max()) < residual + 0.2


def test_a_real_lens_of_the_librarys_own_database_is_drawn_the_same(library: ModuleType) -> None:
    known = library.Database()
    camera = known.find_cameras("Canon", "Canon EOS 5D Mark III")[0]
    lens = known.find_lenses(camera, "Canon", "Canon EF 24-105mm f/4L IS USM")[0]
    files = (Path(library.__file__).parent / "db_files").glob("*canon*.xml")
    own = next(
        distortion
        for path in sorted(files)
        for each in lensfun_xml.read(path.read_bytes()).lenses
        if each.model == lens.model
        for distortion in each.distortions
        if math.isclose(distortion.crop, lens.crop_factor, rel_tol=1e-3) and distortion.focal_mm == 24.0
    )
    found = library_map(library, lens, camera.crop_factor, 24.0)
    mine, residual = own_map(own.model, own.terms, 24.0, own.crop)
    assert 0.0 < residual < 0.5
    assert float(np.abs(mine - found).max()) < residual + 0.2


def test_the_calibrated_sensor_follows_from_crop_and_aspect() -> None:
    """Full frame at crop 1 and 3:2; at crop 2 and 4:3 a diagonal of 21.633: 17.307 x 12.980."""
    assert sensor_mm(1.0, 1.5) == pytest.approx((36.0, 24.0))
    assert sensor_mm(2.0, 4 / 3) == pytest.approx((43.2666 / 2 * 0.8, 43.2666 / 2 * 0.6), abs=1e-4)


def test_the_edge_of_the_short_side_stays_where_it_is() -> None:
    """poly3 and ptlens leave the radius 1 alone."""
    one = np.array([1.0])
    for model in ("poly3", "ptlens"):
        assert bent(model, LENSES[model], one) == pytest.approx(1.0)
    assert bent("poly5", (-0.03, 0.004), one) == pytest.approx(0.974)
    assert middle_scale("poly3", (-0.02,)) == pytest.approx(1.02)


def test_the_pinhole_focal_length_is_that_of_the_middle() -> None:
    """poly3 with k1 = -0.02 draws the middle 1.02 times as large: 24 mm on the ring are 24.48. Measured
    ones are taken as they are."""
    sensor = (36.0, 24.0)
    ring = lens_of("poly3", (-0.02,), 24.0, sensor, (WIDTH, HEIGHT)).lens
    assert ring.focal_length_mm == pytest.approx(24.48)
    measured = lens_of("poly3", (-0.02,), 24.0, sensor, (WIDTH, HEIGHT), real_focal_mm=24.0).lens
    assert measured.focal_length_mm == pytest.approx(24.0)
    # s = 24 / 12 = 2, k1 s^2 / 1.02
    assert ring.k1 == pytest.approx(-0.02 * 4 / 1.02)


@pytest.mark.parametrize(
    ("model", "terms"), [("poly3", (1.5,)), ("poly3", (-0.5,)), ("ptlens", (0.0, 0.0, -9.0))]
)
def test_a_calibration_that_folds_the_picture_is_refused(model: str, terms: tuple[float, ...]) -> None:
    with pytest.raises(BadInput, match=r"folds|inside out"):
        lens_of(model, terms, 24.0, (36.0, 24.0), (WIDTH, HEIGHT))


def test_another_model_is_refused() -> None:
    with pytest.raises(BadInput, match="'acm'"):
        bent("acm", (1.0,), np.array([1.0]))
