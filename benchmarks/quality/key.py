"""How good is the key? Pictures with known truth, keyed by Openset, by a plain HSV key and by ffmpeg.

    python benchmarks/quality/key.py [--out FOLDER] [--truth FOLDER]

Each picture is made from known matte and foreground, mixed in linear light over an uneven cloth (hot
spot, folds, shadow, weave, drift of hue), with green spill, lens blur and camera noise, then sent
through a codec as 4:2:0. The subject has hair finer than a pixel, a moving arm, greenish fur, small
chips of difficult colours, a veil and dark glass. Openset keys with its defaults and is given nothing
but the frame; the two others are given the cloth's true median colour and are tuned with the truth of
another frame. Lower is better but for PSNR.

    SAD     sum of |matte - truth| / 1000             MSE    mean square of it, x 1000
    Grad    sum of squared gradient error / 1000      PSNR   of the composite over three backgrounds
    then SAD by region
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from openset.primitives.colour import rgb_from_yuv420, srgb_decode, srgb_encode, yuv420_from_rgb
from openset.primitives.image import Yuv420, empty_yuv420
from openset.stage.key.keyer import Keyer
from openset.stage.key.settings import KeySettings

WIDTH, HEIGHT, FINE = 1280, 720, 2
GREEN = (58, 160, 72)
BACKGROUNDS = ((40, 40, 48), (120, 90, 160), (235, 225, 210))
TIERS = {"clean": (4e-5, 6e-4), "mjpeg": (8e-4, 3e-3), "h264": (5e-4, 2e-3)}
FRAMES, TUNED_ON = (4, 7), 1
REGIONS = ("hair", "arm", "fur", "chips", "veil", "glass", "cloth")
Floats = npt.NDArray[np.float32]
Rgb = tuple[int, int, int]


@dataclass
class Truth:
    """What a frame is made of: matte (h, w), foreground (3, h, w) linear premultiplied, regions."""

    matte: Floats
    foreground: Floats
    spilled: Floats
    regions: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)


def linear(rgb: Rgb) -> Floats:
    """SRGB 8-bit to linear (3,)."""
    return srgb_decode(np.array(rgb, np.float32) / 255).astype(np.float32)


def cloth(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Floats:
    """The bare screen, linear (3, h, w): brightness 0.6 to 1.1."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width, y / height
    spot_x, spot_y = rng.uniform(0.25, 0.7), rng.uniform(0.2, 0.5)
    light = 0.70 + 0.44 * np.exp(-(((u - spot_x) / 0.42) ** 2) - ((v - spot_y) / 0.5) ** 2) - 0.11 * v
    for amount, wide, tall in ((0.05, 38, 150), (0.035, 95, 80), (0.02, 17, 60)):
        light *= 1 + amount * np.sin(x / wide + 1.3 * np.sin(y / tall) + rng.uniform(0, 6.3))
    dark_x, dark_y = rng.uniform(0.55, 0.8) * width, rng.uniform(0.8, 0.95) * height
    light *= 1 - 0.35 * np.exp(-(((x - dark_x) / 150) ** 2) - ((y - dark_y) / 90) ** 2)
    light *= 1 + 0.02 * cv2.GaussianBlur(rng.normal(0, 1, light.shape).astype(np.float32), (0, 0), 0.8)
    drift = 1 + 0.04 * np.sin(x / 320) * np.array((1, -0.2, 0.6), np.float32)[:, None, None]
    return np.clip(linear(GREEN)[:, None, None] * light * drift, 0, 1).astype(np.float32)


class Drawing:
    """Layers put over each other at FINE times the size, back to front."""

    def __init__(self) -> None:
        self.shape = (HEIGHT * FINE, WIDTH * FINE)
        self.matte = np.zeros(self.shape, np.float32)
        self.colour = np.zeros((3, *self.shape), np.float32)
        self.regions: dict[str, Floats] = {}

    def over(self, name: str, mask: Floats, colour: Floats) -> None:
        """Put (3,) or (3, h, w) linear `colour` over everything so far, where `mask` says."""
        colour = colour.reshape(3, 1, 1) if colour.ndim == 1 else colour
        self.colour = self.colour * (1 - mask) + colour * mask
        self.matte = self.matte + mask - self.matte * mask
        for key in self.regions:
            self.regions[key] = self.regions[key] * (1 - mask)
        self.regions[name] = np.maximum(self.regions.get(name, np.zeros(self.shape, np.float32)), mask)

    def polygon(self, points: npt.NDArray[np.floating]) -> Floats:
        """A filled shape in picture pixels."""
        mask = np.zeros(self.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(points * FINE * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return mask.astype(np.float32) / 255

    def line(self, points: npt.NDArray[np.floating], thickness: float) -> Floats:
        """A line through picture points; thinner than a fine pixel it is drawn fainter."""
        mask = np.zeros(self.shape, np.uint8)
        wide = max(1, round(thickness * FINE))
        fixed = [np.round(points * FINE * 16).astype(np.int32)]
        cv2.polylines(mask, fixed, False, 255, wide, cv2.LINE_AA, 4)
        return mask.astype(np.float32) / 255 * min(1.0, thickness * FINE / wide)


def disc(x: float, y: float, rx: float, ry: float) -> npt.NDArray[np.floating]:
    """An ellipse's outline, picture pixels (64, 2)."""
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    return np.stack([x + rx * np.cos(t), y + ry * np.sin(t)], 1)


def texture(rng: np.random.Generator, shape: tuple[int, int], colours: list[Rgb]) -> Floats:
    """Mottled fabric between colours, linear (3, h, w)."""
    field_ = cv2.resize(
        rng.random((90, 160)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    grain = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), 1.5)
    at = np.clip(field_ * (len(colours) - 1) + grain, 0, len(colours) - 1.001)
    low = at.astype(int)
    table = np.stack([linear(colour) for colour in colours], 1)
    mix = (at - low)[None]
    return (table[:, low] * (1 - mix) + table[:, np.minimum(low + 1, len(colours) - 1)] * mix).astype(
        np.float32
    )


def draw(seed: int, k: int) -> Truth:
    """Frame k of the subject."""
    rng = np.random.default_rng(seed)
    art = Drawing()
    hx, hy = 590 + 15 * np.sin(0.5 * k), 300 + 6 * np.cos(0.4 * k)
    _hair(art, rng, hx, hy, k)
    torso = np.array(
        [(-130, 430), (-150, 210), (-90, 145), (0, 120), (95, 140), (155, 215), (140, 430)]
    )
    fur = texture(rng, art.shape, [(70, 62, 48), (96, 98, 60), (150, 140, 112), (60, 70, 52)])
    art.over("fur", art.polygon(torso + np.array((hx, hy))), fur)
    face = texture(rng, art.shape, [(205, 158, 134), (176, 126, 104), (222, 180, 156)])
    art.over("face", art.polygon(disc(hx, hy, 84, 116)), face)
    swing = [0.5 + 0.5 * np.sin(0.9 * k + 0.03 * j) for j in range(10)]
    start = np.array((hx + 120, hy + 210))
    arm = sum(
        art.line(np.stack([start, start + 310 * np.array((np.cos(a), -np.sin(a)))]), 44) for a in swing
    )
    art.over("arm", (arm / 10).astype(np.float32), linear((206, 152, 124)))
    _chips(art, k)
    art.over("veil", 0.45 * art.polygon(disc(250, 470, 105, 160)), linear((226, 220, 212)))
    art.over("glass", 0.30 * art.polygon(disc(1040, 560, 62, 62)), linear((38, 38, 44)))
    return _shrunk(art)


def _hair(art: Drawing, rng: np.random.Generator, hx: float, hy: float, k: int) -> None:
    """400 strands, 0.5 to 1.3 pixels wide, in one layer for each of four colours."""
    colours = ((58, 40, 28), (148, 104, 62), (212, 184, 130), (234, 231, 224))
    share = rng.choice(4, 400, p=(0.4, 0.3, 0.2, 0.1))
    for number, colour in enumerate(colours):
        mask = np.zeros(art.shape, np.float32)
        for _ in range(int(np.count_nonzero(share == number))):
            angle, length = rng.uniform(0.95, 2.05) * np.pi, rng.uniform(30, 135)
            bend, wide, strength = rng.normal(0, 0.5), rng.uniform(0.5, 1.3), rng.uniform(0.6, 1.0)
            t = np.linspace(0, 1, 14)
            a = angle + bend * t + 0.05 * np.sin(0.7 * k + angle * 3) * t
            step = length / 13 * np.stack([np.cos(a), np.sin(a)], 1)
            root = np.array((hx + 78 * np.cos(angle), hy + 108 * np.sin(angle)))
            mask = np.maximum(mask, strength * art.line(root + np.cumsum(step, 0), wide))
        art.over("hair", mask, linear(colour))


def _chips(art: Drawing, k: int) -> None:
    """Eight small squares of colours that keyers trip over, every third out of focus."""
    chips: list[Rgb] = [
        (240, 240, 240), (128, 128, 128), (12, 12, 14), (224, 190, 42),
        (50, 108, 190), (112, 118, 70), (190, 30, 34), (20, 24, 60),
    ]  # fmt: skip
    for number, colour in enumerate(chips):
        x, y = 90 + 320 * (number // 2 % 4), 60 + 110 * (number % 2) + 8 * np.sin(k + number)
        square = np.array([(0, 0), (74, 6), (70, 78), (-4, 70)]) + np.array((x, y))
        blur = (2.2 if number % 3 == 0 else 0.5) * FINE
        art.over("chips", cv2.GaussianBlur(art.polygon(square), (0, 0), blur), linear(colour))


def _shrunk(art: Drawing) -> Truth:
    def down(plane: Floats) -> Floats:
        small = cv2.resize(plane, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        return cv2.GaussianBlur(small, (0, 0), 0.65)

    solid = cv2.resize(art.matte, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) > 0.9
    depth = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5)
    matte = down(art.matte)
    foreground = np.stack([down(plane) for plane in art.colour])
    spill = matte * (0.03 + 0.16 * np.exp(-depth / 9)) * 0.36
    spilled = foreground + spill * np.array((0.10, 0.62, 0.16), np.float32)[:, None, None]
    regions = {
        name: cv2.dilate(down(mask), np.ones((5, 5))) > 0.02 for name, mask in art.regions.items()
    }
    regions["cloth"] = cv2.dilate(matte, np.ones((5, 5))) < 0.005
    return Truth(matte, foreground, spilled.astype(np.float32), regions)


def through_camera(pictures: list[Floats], tier: str, seed: int) -> list[Yuv420]:
    """Linear pictures (3, h, w) with the tier's noise, sRGB-encoded, through its codec."""
    gain, floor = TIERS[tier]
    rng = np.random.default_rng(seed)
    planes = []
    for light in pictures:
        noisy = light + rng.normal(0, 1, light.shape) * np.sqrt(gain * np.maximum(light, 0) + floor**2)
        planes.append(np.clip(srgb_encode(noisy) * 255 + 0.5, 0, 255).astype(np.uint8))
    if tier == "mjpeg":
        planes = [_jpeg(plane) for plane in planes]
    codes = [yuv420_from_rgb(plane) for plane in planes]
    return _h264(codes) if tier == "h264" else codes


def _jpeg(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    bgr = np.ascontiguousarray(planes[::-1].transpose(1, 2, 0))
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR).transpose(2, 0, 1)[::-1])


def _h264(codes: list[Yuv420]) -> list[Yuv420]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = codes[0].width, codes[0].height, "yuv420p"
    encoder.framerate, encoder.time_base = 25, Fraction(1, 25)
    encoder.options = {"preset": "veryfast", "crf": "21", "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    out = []
    for packet in [p for c in codes for p in encoder.encode(av_frame(c))] + encoder.encode(None):
        out += decoder.decode(packet)
    out += decoder.decode(None)
    return [from_av(frame) for frame in out]


def av_frame(picture: Yuv420) -> av.VideoFrame:
    """A 4:2:0 picture as PyAV has it."""
    stacked = np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
    return av.VideoFrame.from_ndarray(stacked.reshape(-1, picture.width), format="yuv420p")


def from_av(frame: av.VideoFrame) -> Yuv420:
    """A PyAV frame as 4:2:0 planes."""
    data, w, h = frame.to_ndarray(format="yuv420p").ravel(), frame.width, frame.height
    y, u, v = np.split(data, (w * h, w * h + w * h // 4))
    return Yuv420(y.reshape(h, w), u.reshape(h // 2, w // 2), v.reshape(h // 2, w // 2))


# Each keyer takes a picture and a background colour to (matte 0..1, composite R'G'B' uint8).
Result = tuple[Floats, npt.NDArray[np.uint8]]
KeyFunction = Callable[[Yuv420, Rgb], Result]


def openset_key(clean: Yuv420 | None = None, settings: KeySettings | None = None) -> KeyFunction:
    """Openset's keyer, told nothing but the frame, or also a picture of the bare cloth."""
    keyers: dict[tuple[int, int], Keyer] = {}

    def run(picture: Yuv420, back: Rgb) -> Result:
        size = (picture.width, picture.height)
        if size not in keyers:
            keyers[size] = Keyer(*size, settings)
            keyers[size].set_clean_plate(clean)
        background = np.empty((3, picture.height, picture.width), np.uint8)
        background[:] = np.array(back, np.uint8)[:, None, None]
        out, matte = empty_yuv420(*size), np.empty_like(picture.y)
        keyers[size].process(picture, background, out, matte)
        return matte.astype(np.float32) / 255, rgb_from_yuv420(out)

    return run


def over_in_code(rgb: Floats, matte: Floats, back: Rgb) -> npt.NDArray[np.uint8]:
    """The way most tools mix: code values, straight alpha."""
    behind = np.array(back, np.float32)[:, None, None]
    mixed = rgb * matte + behind * (1 - matte)
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def hsv_key(hue: float, reach: float, start: float, span: float) -> KeyFunction:
    """Distance in hue and saturation, made soft, and green limited to the mean of red and blue."""

    def run(picture: Yuv420, back: Rgb) -> Result:
        rgb = rgb_from_yuv420(picture)
        hsv = cv2.cvtColor(np.ascontiguousarray(rgb.transpose(1, 2, 0)), cv2.COLOR_RGB2HSV)
        away = np.abs(hsv[..., 0].astype(np.float32) * 2 - hue)
        away = np.minimum(away, 360 - away) / 180
        faint = np.maximum(0.55 - hsv[..., 1].astype(np.float32) / 255, 0)
        matte = np.clip((np.sqrt((reach * away) ** 2 + faint**2) - start) / span, 0, 1)
        clean = rgb.astype(np.float32)
        clean[1] = np.minimum(clean[1], (clean[0] + clean[2]) / 2)
        return matte.astype(np.float32), over_in_code(clean, matte, back)

    return run


def ffmpeg_key(colour: Rgb, similarity: float, blend: float, mix: float) -> KeyFunction:
    """ffmpeg's chromakey and despill filters."""
    hexed = "0x{:02x}{:02x}{:02x}".format(*colour)

    def run(picture: Yuv420, back: Rgb) -> Result:
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=picture.width, height=picture.height, format="yuv420p", time_base="1/25"
        )
        steps = [
            source,
            graph.add("chromakey", f"color={hexed}:similarity={similarity}:blend={blend}"),
            graph.add("despill", f"type=green:mix={mix}:expand=0"),
            graph.add("format", "rgba"),
            graph.add("buffersink"),
        ]
        for one, two in pairwise(steps):
            one.link_to(two)
        graph.configure()
        frame = av_frame(picture)
        frame.colorspace = 1
        frame.pts = 0
        source.push(frame)
        rgba = steps[-1].pull().to_ndarray(format="rgba").transpose(2, 0, 1).astype(np.float32)
        matte = rgba[3] / 255
        return matte, over_in_code(rgba[:3], matte, back)

    return run


def tuned(
    make: Callable[..., KeyFunction], ranges: list[tuple[float, float]], case: Case
) -> KeyFunction:
    """The best of 60 random settings and 40 small steps from the best, by the matte of one frame."""
    rng = np.random.default_rng(5)
    low, high = np.array(ranges).T

    def cost(values: npt.NDArray[np.floating]) -> float:
        matte, _ = make(*values)(case.picture, BACKGROUNDS[1])
        return float(np.mean((matte - case.truth.matte)[::2, ::2] ** 2))

    tries = [rng.uniform(low, high) for _ in range(60)]
    scores = [cost(values) for values in tries]
    best, score = tries[int(np.argmin(scores))], min(scores)
    for _ in range(40):
        near = np.clip(best + rng.normal(0, 0.08, len(best)) * (high - low), low, high)
        now = cost(near)
        if now < score:
            best, score = near, now
    return make(*best)


@dataclass
class Case:
    """A picture and what it is made of."""

    picture: Yuv420
    truth: Truth


def figures(key: KeyFunction, cases: list[Case]) -> dict[str, float]:
    """The mean figures of a keyer over cases."""
    rows = []
    for case in cases:
        truth, row = case.truth, {}
        errors = []
        for back in BACKGROUNDS:
            matte, rgb = key(case.picture, back)
            true = truth.foreground + (1 - truth.matte) * linear(back)[:, None, None]
            code = np.clip(srgb_encode(true) * 255 + 0.5, 0, 255).astype(np.uint8)
            seen = rgb_from_yuv420(yuv420_from_rgb(code)).astype(np.float32)
            mine = rgb_from_yuv420(yuv420_from_rgb(rgb)).astype(np.float32)
            errors.append(np.mean(((mine - seen) / 255) ** 2))
        wrong = np.abs(matte - truth.matte)
        row["SAD"], row["MSE"] = wrong.sum() / 1e3, np.mean(wrong**2) * 1e3
        row["Grad"] = np.sum((_gradient(matte) - _gradient(truth.matte)) ** 2) / 1e3
        row["PSNR"] = -10 * np.log10(np.mean(errors))
        for name in REGIONS:
            if name in truth.regions:
                row[name] = wrong[truth.regions[name]].sum() / 1e3
        rows.append(row)
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _gradient(matte: Floats) -> Floats:
    smooth = cv2.GaussianBlur(matte, (0, 0), 1.4)
    return np.hypot(
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125),
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125),
    )


def simulated(tier: str, seed: int) -> tuple[list[Case], Case, Yuv420, Rgb]:
    """(cases to judge, case to tune on, a picture of the bare cloth, its median colour)."""
    screen = cloth(seed)
    truths = {k: draw(seed + 1, k) for k in (TUNED_ON, *FRAMES)}
    pictures = [truth.spilled + (1 - truth.matte) * screen for truth in truths.values()]
    codes = through_camera([*pictures, screen, screen], tier, seed + 2)
    cases = [Case(code, truth) for code, truth in zip(codes, truths.values(), strict=False)]
    bare = codes[-1]
    r, g, b = np.median(rgb_from_yuv420(bare).reshape(3, -1), axis=1).astype(int).tolist()
    return cases[1:], cases[0], bare, (r, g, b)


def photographed(folder: Path, seed: int, tier: str = "mjpeg") -> tuple[list[Case], Case, Yuv420, Rgb]:
    """A real picture with fur and its true matte, put before the simulated cloth."""
    alpha = cv2.imread(str(folder / "lemur_alpha.png"), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    fur = cv2.imread(str(folder / "lemur_foreground.png"))[..., ::-1].transpose(2, 0, 1)
    height, width = alpha.shape
    foreground = (srgb_decode(fur.astype(np.float32) / 255) * alpha).astype(np.float32)
    depth = cv2.distanceTransform((alpha > 0.9).astype(np.uint8), cv2.DIST_L2, 5)
    spill = alpha * (0.03 + 0.16 * np.exp(-depth / 9)) * 0.36
    spilled = (foreground + spill * np.array((0.1, 0.62, 0.16), np.float32)[:, None, None]).astype(
        np.float32
    )
    screen = cloth(seed, width, height)
    truth = Truth(alpha, foreground, spilled)
    code, bare = through_camera([spilled + (1 - alpha) * screen, screen], tier, seed)
    r, g, b = np.median(rgb_from_yuv420(bare).reshape(3, -1), axis=1).astype(int).tolist()
    return [Case(code, truth)], Case(code, truth), bare, (r, g, b)


def judge(name: str, data: tuple[list[Case], Case, Yuv420, Rgb], out: Path | None) -> None:
    """Key one set of cases with every keyer and print its table."""
    cases, tune, bare, colour = data
    hue = float(cv2.cvtColor(np.array([[colour]], np.uint8), cv2.COLOR_RGB2HSV)[0, 0, 0]) * 2
    keyers = {
        "Openset, the frame alone": openset_key(),
        "Openset, clean plate": openset_key(bare),
        "ffmpeg chromakey, despill (tuned)": tuned(
            lambda s, b, m: ffmpeg_key(colour, s, b, m), [(0.02, 0.3), (0.02, 0.4), (0.1, 0.9)], tune
        ),
        "HSV key (tuned)": tuned(
            lambda k, t, s: hsv_key(hue, k, t, s), [(0.5, 8), (0, 0.4), (0.05, 0.8)], tune
        ),
    }
    print(f"\n{name}")
    for number, (label, key) in enumerate(keyers.items()):
        row = figures(key, cases)
        if number == 0:
            print(f"{'':36}" + "".join(f"{column:>8}" for column in row))
        print(f"{label:36}" + "".join(f"{value:8.2f}" for value in row.values()), flush=True)
        if out is not None:
            matte, rgb = key(cases[0].picture, BACKGROUNDS[1])
            shown = np.concatenate([rgb, np.repeat((matte * 255).astype(np.uint8)[None], 3, 0)], 2)
            cv2.imwrite(str(out / f"{name}-{number}.png"), shown[::-1].transpose(1, 2, 0))


def main() -> None:
    """Print one table for each camera, and one for the photograph where it is present."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, help="also write composites and mattes here")
    parser.add_argument("--truth", type=Path, help="folder of lemur.png and its true matte")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--tiers", default=",".join(TIERS))
    given = parser.parse_args()
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
    for tier in given.tiers.split(","):
        judge(tier, simulated(tier, given.seed), given.out)
    if given.truth:
        judge("photograph", photographed(given.truth, given.seed), given.out)


if __name__ == "__main__":
    main()
