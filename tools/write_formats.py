"""Write docs/formats.md: every format, and what each keeps and loses, measured by round trips.

A full value of each kind, one that says everything the kind can say, is written in every format that can
be written and read back by that format's own reader; what does not come back the same is lost. For formats
that are only read, the table lists what a file of theirs can say. tests/test_formats_page.py makes the page
again and compares.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks" / "fuzz"))
RATE = Fraction(25)


def full_move() -> Any:
    """Eight frames of a walking, zooming camera whose samples fill every group of OpenTrackIO."""
    from openset.formats.opentrackio import validate
    from openset.primitives.space import pose_from_pan_tilt_roll
    from openset.primitives.time import parse_timecode
    from openset.stage.exchange.model import CameraMove
    from openset.stage.exchange.move import even_times, sample_of
    from openset.stage.tracking.samples import MODEL_UD, LensReport

    start = parse_timecode("10:00:00:00", RATE)
    samples = []
    for index, time_ns in enumerate(even_times(8, RATE)):
        focal_mm = 35.0 + 0.5 * index
        lens = LensReport(
            focal_length_mm=focal_mm, focus_distance_m=2.5 + 0.1 * index, f_stop=4.0, entrance_pupil_offset_m=0.12,
            sensor_width_mm=25.6, sensor_height_mm=14.4, projection_offset_mm=(0.2, -0.1),
            distortion_offset_mm=(0.2, -0.1), distortion_model=MODEL_UD,
            radial=(-4e-5, 0.0, 1e-8, 0.0, 0.0), tangential=(1e-6, -2e-6),
        )  # fmt: skip
        pose = pose_from_pan_tilt_roll((0.1 * index, -2.0, 1.5), math.radians(2 * index), -0.1, 0.02)
        sample = sample_of(
            name="full", index=index, time_ns=time_ns, pose=pose, lens=lens, rate=RATE, timecode=start.plus(index),
            status="Optical Good",
            camera={"make": "Maker", "model": "Cam 1", "serialNumber": "C-7", "firmwareVersion": "2.1", "label": "A",
                    "activeSensorResolution": {"width": 1920, "height": 1080}, "captureFrameRate": {"num": 25, "denom": 1},
                    "isoSpeed": 800, "shutterAngle": 180.0, "anamorphicSqueeze": {"num": 1, "denom": 1}},
            lens_static={"make": "Glass", "model": "Zoom 24-70", "serialNumber": "L-3", "nominalFocalLength": 35.0},
            lens_more={"tStop": 4.4, "encoders": {"focus": 0.4, "iris": 0.2, "zoom": 0.3},
                       "exposureFalloff": {"a1": 1e-5, "a2": 0.0, "a3": 0.0}, "custom": [1.0]},
        )  # fmt: skip
        sample["tracker"] = {
            **sample.get("tracker", {}),
            "slate": "1-A-t01",
            "recording": True,
            "notes": "walk",
        }
        sample["sourceId"], sample["sourceNumber"] = "urn:uuid:01234567-89ab-4cde-8f01-23456789abcd", 3
        sample["globalStage"] = {
            "E": 100.0,
            "N": 200.0,
            "U": 5.0,
            "lat0": 5.6,
            "lon0": -0.19,
            "h0": 60.0,
        }
        if trouble := validate(sample):
            raise SystemExit(f"the full move is not valid: {trouble}")
        samples.append(sample)
    return CameraMove("full", tuple(samples), even_times(8, RATE), RATE, (1920, 1080))


def full_lens() -> Any:
    """A zoom measured at two focal lengths and two distances."""
    from openset.stage.lens.table import LensSetting, LensTable
    from openset.stage.tracking.samples import MODEL_UD, LensReport

    settings = tuple(
        LensSetting(focus, zoom, LensReport(
            focal_length_mm=focal_mm + focus, focus_distance_m=distance_m, entrance_pupil_offset_m=0.1,
            sensor_width_mm=25.6, sensor_height_mm=14.4, projection_offset_mm=(0.2, -0.1), distortion_model=MODEL_UD,
            radial=(-4e-5, 0.0, 1e-8, 0.0, 1e-12), tangential=(1e-6, -2e-6),
        ))
        for zoom, focal_mm in ((0.0, 24.0), (1.0, 70.0))
        for focus, distance_m in ((0.0, 1.0), (1.0, 4.0))
    )  # fmt: skip
    return LensTable(
        "zoom", settings, make="Glass", model="Zoom 24-70", serial="L-3", size_px=(1920, 1080),
        focus_marks=((0.0, 1.0), (1.0, 4.0)), iris_marks=((0.0, 2.8), (1.0, 22.0)), notes=(("measured by", "the hub"),),
    )  # fmt: skip


def full_grades() -> Any:
    """A grade that uses everything."""
    from openset.formats.cdl import Correction

    return (
        Correction("1-A-t01", (1.1, 1.0, 0.9), (0.01, 0.0, -0.02), (1.0, 1.05, 0.95), 0.9, ("warm", "dusk"),
                   "LogC4", "Rec.709", "1-A-t01.mov"),
    )  # fmt: skip


def full_lut() -> Any:
    """A small 3D table that is no identity."""
    import numpy as np

    from openset.formats.cube import Cube

    axis = np.linspace(0, 1, 5, dtype=np.float32)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    table = np.stack([red**0.9, green, blue**1.1], axis=-1).astype(np.float32)
    return Cube(
        table, title="dusk", low=(0.0, 0.0, 0.0), high=(1.0, 1.0, 1.0), comments=("from the hub",)
    )


def full_rights() -> Any:
    """Rights with every entry filled."""
    from openset.formats.xmp import Label, Rights

    return Rights(
        "Lane Market", ("Ama Mensah",), "Lane Films", "CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/",
        "Ask before reuse", "Lane Films", "own footage", ("release-001",),
        (Label("p-1", "TK Attribution", "https://localcontexts.org/label/tk-attribution/"),), "compositeCapture",
        "DMI-PROHIBITED",
    )  # fmt: skip


def full_script() -> Any:
    """A script that uses every element."""
    from openset.formats.fountain import parse

    return parse(FULL_FOUNTAIN)


FULL_FOUNTAIN = """Title: Lane Market
Author: Ama Mensah
Draft date: 2026-03-01

# Act one

= Rain comes.

INT. LANE - DAY #1#

Rain on tin. [[VFX: rain]]

AMA (O.S.)
(softly)
It *never* stops.

KOFI
Listen.

ESI ^
I am.

~Rain, rain

> CUT TO:

> THE END <

===

EXT. ROOF - NIGHT #2A#

She climbs.
"""


def full_timeline() -> Any:
    """A cut of three takes with a dissolve, markers, a grade and sound."""
    import opentimelineio as otio
    from opentimelineio.opentime import RationalTime as Time
    from opentimelineio.opentime import TimeRange

    rate = float(RATE)
    out = otio.schema.Timeline("LANE", global_start_time=Time(3600 * rate, rate))
    picture = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    sound = otio.schema.Track("A1", kind=otio.schema.TrackKind.Audio)
    for number in (1, 2, 3):
        start = Time((10 * 3600 + number * 60) * rate, rate)
        media = otio.schema.ExternalReference(
            f"takes/1-A-t0{number}/composite.mov", TimeRange(start, Time(200, rate))
        )
        used = TimeRange(start + Time(20, rate), Time(100, rate))
        clip = otio.schema.Clip(f"1-A-t0{number}", media, used, metadata={"openset": {"circled": True}})
        clip.metadata["cmx_3600"] = {"reel": f"A00{number}"}
        clip.metadata["cdl"] = {
            "asc_sop": {"slope": [1.1, 1, 0.9], "offset": [0.0, 0, 0], "power": [1, 1, 1]},
            "asc_sat": 0.9,
        }
        mark = TimeRange(used.start_time + Time(10, rate), Time(1, rate))
        clip.markers.append(otio.schema.Marker("good", mark, otio.schema.MarkerColor.RED))
        picture.append(clip)
        sound.append(otio.schema.Clip(f"1-A-t0{number}", media.clone(), used))
    picture.insert(1, otio.schema.Transition("d", "SMPTE_Dissolve", Time(6, rate), Time(6, rate)))
    out.tracks.extend([picture, sound])
    return out


def full_motion() -> Any:
    """Two joints and an end, three frames."""
    from openset.formats import bvh

    return bvh.read(FULL_BVH.encode()).motion


FULL_BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest
  {
    OFFSET 0 40 0
    CHANNELS 3 Yrotation Xrotation Zrotation
    End Site
    {
      OFFSET 0 50 0
    }
  }
}
MOTION
Frames: 3
Frame Time: 0.04
0 90 0 1 2 3 4 5 6
0 90 1 1 2 4 4 5 7
0 90 2 1 2 5 4 5 8
"""


def full_records() -> Any:
    """A scene, its slate and its take, with people."""
    from openset.formats import omc_model as omc

    def ids(kind: str, name: str) -> tuple[tuple[str, str], ...]:
        return (omc.identifier("openset", kind, name),)

    scene, slate, take = ids("pscn", "1"), ids("slt", "1-A-t01"), ids("ast", "1-A-t01")
    return omc.Records(
        works=(omc.Work(ids("cw", "lane"), "Lane Market", "A day of rain"),),
        scenes=(omc.Scene(scene, "1", "INT. LANE - DAY", "Lane", "Rain on tin", ids("chr", "AMA"), slate),),
        slates=(omc.Slate(slate, "1-A-t01", "walk", scene, take, "A", "main", "A001", "S001", "2026-03-01", "1", 25.0,
                          ids("par", "Ama")),),
        takes=(omc.Take(take, "1-A-t01", slate, "10:00:00:00", "10:00:08:00", "25", (1920, 1080), "picture.mov", True,
                        "4", "the good one"),),
        people=(omc.Person(ids("par", "Ama"), "Ama Mensah", "director"),),
        characters=(omc.Character(ids("chr", "AMA"), "AMA"),),
    )  # fmt: skip


def full_timecode() -> Any:
    """Two seconds of drop-frame timecode."""
    from openset.formats.ltc import TimecodeTrack
    from openset.primitives.time import parse_timecode

    rate = Fraction(30000, 1001)
    start = parse_timecode("10:00:59;20", rate)
    return TimecodeTrack(rate, True, tuple((start.plus(n), float(n / rate)) for n in range(60)))


def full_framing() -> Any:
    """A 2.39 frame in a squeezed picture, with protection."""
    from openset.stage.exchange.fdl import framed

    return (
        framed(
            (4096, 3432), Fraction(239, 100), "2.39", canvas="Open gate", squeeze=2.0, protection=0.1
        ),
    )


FULL: Mapping[str, Callable[[], Any]] = {
    "move": full_move,
    "lens": full_lens,
    "timeline": full_timeline,
    "grade": full_grades,
    "lut": full_lut,
    "script": full_script,
    "motion": full_motion,
    "records": full_records,
    "timecode": full_timecode,
    "framing": full_framing,
    "rights": full_rights,
}

TITLES = {
    "move": "Camera moves", "lens": "Lenses", "timeline": "Cuts", "grade": "Grades", "lut": "LUTs", "script": "Scripts",
    "motion": "Skeleton motion", "records": "Records", "timecode": "Timecode", "framing": "Framing", "rights": "Rights",
}  # fmt: skip


def measured(kind: str, folder: Path) -> tuple[list[str], dict[str, set[str]]]:
    """What a full value of `kind` says, and what each format that writes it loses."""
    from openset.stage.exchange.convert import write_measured
    from openset.stage.exchange.kinds import fields
    from openset.stage.exchange.model import Options
    from openset.stage.exchange.registry import FORMATS

    value = FULL[kind]()
    said = list(fields(kind, value))  # type: ignore[arg-type]
    options = Options(
        name="full", rate=getattr(value, "rate", None) or (RATE if kind == "timeline" else None),
        size_px=getattr(value, "size_px", None), folder=folder, profile="z-cam",
    )  # fmt: skip
    for path in said_media(value) if kind == "timeline" else ():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    lost = {}
    for form in FORMATS:
        if form.kind == kind and form.writes and form.name not in SKIPPED:
            gone = write_measured(value, folder / _file(form.name, form.suffixes[0]), form, options)
            lost[form.name] = set(gone)
    return said, lost


def said_media(timeline: Any) -> list[str]:
    """The paths of a timeline's media, for a bundle holds what is there."""
    return [clip.media_reference.target_url for clip in timeline.find_clips()]


def _file(name: str, suffix: str) -> str:
    return f"{name}.####.exr" if name == "exr" else f"full-{name}{suffix}"


SKIPPED = {"fbx"}
"""FBX needs Blender, which a machine that makes this page may not have."""


def _table(kind: str, folder: Path) -> str:
    said, lost = measured(kind, folder)
    names = list(lost)
    head = f"| it says | {' | '.join(names)} |\n|---|{'|'.join(':-:' for _ in names)}|\n"
    rows = [
        f"| {_words(field)} | {' | '.join('–' if field in lost[name] else 'kept' for name in names)} |"
        for field in said
    ]
    return head + "\n".join(rows) + "\n"


def _read_only(folder: Path) -> str:
    """What is read of the formats that are only read, from the files the fuzz campaign begins with."""
    from targets import TARGETS

    from openset.stage.exchange.kinds import fields
    from openset.stage.exchange.model import Options
    from openset.stage.exchange.registry import FORMATS
    from openset.stage.exchange.sources import read_file

    rows = []
    for form in FORMATS:
        if form.reads and not form.writes:
            said: dict[str, None] = {}
            for number, seed in enumerate(TARGETS[form.name]().seeds):
                path = folder / f"seed{number}-{form.name}{form.suffixes[-1]}"
                path.write_bytes(seed)
                read = read_file(path, form, Options(rate=RATE, size_px=(1920, 1080)))
                said |= dict.fromkeys(fields(form.kind, read.value))
                path.unlink()
            rows.append(f"| `{form.name}` | {', '.join(f'`{name}`' for name in said)} |")
    return "| format | what is read of it |\n|---|---|\n" + "\n".join(rows) + "\n"


def _words(field: str) -> str:
    return f"`{field}`"


def page() -> str:
    """docs/formats.md."""
    from openset.stage.exchange.registry import FORMATS

    ways = {(True, True): "in, out", (True, False): "in", (False, True): "out"}
    parts = [HEAD]
    with tempfile.TemporaryDirectory() as made:
        for kind, title in TITLES.items():
            rows = "\n".join(
                f"| {form.title} | `{form.name}` | {' '.join(f'`{end}`' for end in form.suffixes)} | {ways[form.reads, form.writes]} |"
                for form in FORMATS
                if form.kind == kind
            )
            parts.append(
                f"## {title}\n\n| format | name | endings | ways |\n|---|---|---|---|\n{rows}\n"
            )
            parts.append(_table(kind, Path(made)))
        parts.append(f"## What is only read\n\n{_read_only(Path(made))}")
    return "\n".join(parts)


HEAD = """# Formats, and what each keeps

`openset convert IN OUT` takes any file of the left to any of the right of the same kind; the format is told by the name and by
the content, `--from` and `--to` decide where neither does. A take's folder counts as a camera move and as a cut of one clip, a
production's as a script, a cut of its circled takes, and records. A move also gives a lens and timecode, a cut the grades of its
clips.

The answer says how many entries were read, how many had to be skipped (with the line or byte), and which fields the new file
does not say: measured by reading it back. A move whose reports do not lie on frames is interpolated onto them for the formats
that count frames (Nuke, `.chan`, After Effects, Blender, FBX, EXR), at the rate its times tell or `--rate`; the answer says so, and
what was lost is judged from there. `####` or `%04d` in the name of an EXR writes every frame, a plain name the one of `--frame`.

The tables below are measured in the same way from a value that says everything: *kept* came back the same (a ten-thousandth
counts as the same), *–* is lost. This page is made by `python tools/write_formats.py`.
"""


def main() -> None:
    """Write the page."""
    (ROOT / "docs" / "formats.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
