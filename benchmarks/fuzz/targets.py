"""Every decoder of Openset with valid bytes to begin from: what the fuzz campaign feeds."""

from __future__ import annotations

import copy
import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import orjson

from openset.formats import (
    ale,
    arri_csv,
    blackmagic_text,
    bvh,
    canon_csv,
    cdl,
    chan,
    cmx3600,
    cube,
    fdx,
    fountain,
    freed,
    gyroflow,
    lensfun_xml,
    livelink_json,
    ltc,
    mosys_f4,
    natnet,
    nuke_camera,
    omc,
    opentrack_udp,
    opentrackio,
    osc,
    osc_table,
    red_csv,
    sony_metadata,
    ulens,
    xmp,
    zigsim,
)  # fmt: skip
from openset.formats.ltc_csv import read_table as read_timecode_csv
from openset.formats.ltc_decode import Decoder as LtcDecoder
from openset.primitives.space import IDENTITY
from openset.primitives.time import Timecode
from openset.stage.tracking.freed import FreeDDecoder
from openset.stage.tracking.freed_profiles import read_calibration
from openset.stage.tracking.natnet import NatNetDecoder
from openset.stage.tracking.opentrack_udp import OpentrackDecoder
from openset.stage.tracking.opentrackio import OpenTrackIODecoder
from openset.stage.tracking.osc import OscDecoder
from openset.stage.tracking.source import Wire

Mend = Callable[[bytes], bytes]


def _as_it_is(data: bytes) -> bytes:
    return data


@dataclass(frozen=True)
class Target:
    """A decoder, valid bytes of its format, and what makes a mutated packet's checksum hold again (every
    other one), so that what lies behind the checksum is reached."""

    feed: Callable[[bytes], Any]
    seeds: tuple[bytes, ...]
    mend: Mend = _as_it_is

    def mended(self, data: bytes) -> bytes:
        """Every other packet with its checksum put right; which is told by the bytes themselves."""
        return self.mend(data) if zlib.crc32(data) & 1 else data


def _opentrackio_mend(data: bytes) -> bytes:
    if len(data) < 16:
        return data
    body = (
        data[:12] + struct.pack(">H", (data[12] & 0x80) << 8 | min(len(data) - 16, 0x7FFF)) + data[16:]
    )
    first = second = 0
    for byte in body:
        first += byte
        second += first
    return body[:14] + struct.pack(">H", (second % 256) << 8 | first % 256) + body[14:]


def _freed_mend(data: bytes) -> bytes:
    body = (data + bytes(28))[:28]
    return body + bytes((freed.checksum(body),))


SAMPLE: dict[str, Any] = {
    "protocol": {"name": "OpenTrackIO", "version": [1, 0, 1]},
    "sampleId": "urn:uuid:01234567-89ab-4cde-8f01-23456789abcd",
    "sourceId": "urn:uuid:11234567-89ab-4cde-8f01-23456789abcd",
    "sourceNumber": 1,
    "timing": {
        "mode": "internal", "sampleTimestamp": {"seconds": 1, "nanoseconds": 2}, "sequenceNumber": 7,
        "sampleRate": {"num": 24000, "denom": 1001},
        "timecode": {"hours": 1, "minutes": 2, "seconds": 3, "frames": 4, "frameRate": {"num": 25, "denom": 1}},
    },
    "lens": {
        "pinholeFocalLength": 35.0, "focusDistance": 2.0, "fStop": 4.0, "entrancePupilOffset": 0.1,
        "distortion": [{"model": "Brown-Conrady U-D", "radial": [1e-4, 0.0, 1e-7], "tangential": [1e-5, 0.0]}],
        "projectionOffset": {"x": 0.1, "y": 0.2},
    },
    "transforms": [
        {"id": "Dolly", "translation": {"x": 1.0, "y": 2.0, "z": 3.0}, "rotation": {"pan": 10.0, "tilt": 0.0, "roll": 0.0}},
        {"id": "Camera", "translation": {"x": 0.0, "y": 0.0, "z": 1.0}, "rotation": {"pan": 0.0, "tilt": -5.0, "roll": 0.0}},
    ],
    "static": {"camera": {"activeSensorPhysicalDimensions": {"width": 36.0, "height": 24.0}}},
}  # fmt: skip


def _fed(decoder: Any) -> Callable[[bytes], Any]:
    return lambda data: decoder.feed(data, "192.0.2.1", 5_000_000_000)


def _opentrackio() -> Target:
    datagrams = [
        each
        for encoding in ("json", "cbor")
        for size in (1456, 300)
        for each in opentrackio.encode(SAMPLE, 5, encoding=encoding, max_payload=size)  # type: ignore[arg-type]
    ]
    return Target(_fed(OpenTrackIODecoder()), tuple(datagrams), _opentrackio_mend)


def _sample_json() -> Target:
    def feed(data: bytes) -> None:
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            return
        if isinstance(value, dict):
            opentrackio.validate(value)
            opentrackio.read(value)

    return Target(feed, (orjson.dumps(SAMPLE),))


def _freed_packet() -> bytes:
    return freed.encode(freed.D1(0.1, 0, 0, (1, 2, 3), 3500, 25000, 280, 4))


def _vmc() -> bytes:
    return osc.encode_bundle([
        osc.Message("/VMC/Ext/Cam", ("C", 1.0, 1.5, 2.0, 0.0, 0.0, 0.0, 1.0, 60.0)),
        osc.Message("/VMC/Ext/Bone/Pos", ("Hips", 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)),
    ])  # fmt: skip


def _zigsim() -> bytes:
    return osc.encode_bundle(
        [
            osc.Message("/ZIGSIM/a/arkitposition", (1.0, 2.0, 3.0)),
            osc.Message("/ZIGSIM/a/arkitrotation", (0.0, 0.0, 0.0, 1.0)),
        ],
        1700000000000000000,
    )


ZIGSIM_JSON = (
    b'{"device":{"uuid":"a"},"sensordata":{"arkit":{"position":[1,2,3],"rotation":[0,0,0,1]}}}'
)
TABLE = b'[[message]]\naddress = "/cam/*/p"\narguments = ["x", "y", "z", "pan"]\n'


def _natnet_frame() -> bytes:
    body = (
        struct.pack("<I", 42) + bytes(16) + struct.pack("<II", 1, 38) + struct.pack("<I7ffH", 5, 1, 1.5, -2, 0, 0, 0, 1, 0.001, 1)
        + bytes(40) + bytes(8) + struct.pack("<d", 2.5) + bytes(30)
    )  # fmt: skip
    return struct.pack("<HH", 7, len(body)) + body


def _opentrack() -> bytes:
    return struct.pack("<6d", 10, 150, -20, 30, -5, 2)


def _wire() -> Target:
    seeds = (
        *_opentrackio().seeds,
        _freed_packet(),
        _vmc(),
        _zigsim(),
        ZIGSIM_JSON,
        _natnet_frame(),
        _opentrack(),
    )
    wire = Wire(
        [OpenTrackIODecoder(), FreeDDecoder(), NatNetDecoder(), OscDecoder(), OpentrackDecoder()]
    )
    return Target(_fed(wire), seeds)


def _ltc() -> Target:
    start = Timecode(90000, Fraction(25))
    sound = ltc.encode([start.plus(index) for index in range(4)], 8000)
    seed = np.asarray(sound, dtype=np.float32).tobytes()

    def feed(data: bytes) -> None:
        block = np.frombuffer(data[: len(data) // 4 * 4], np.float32)
        LtcDecoder(8000).feed(block)

    return Target(feed, (seed,))


def _f4() -> bytes:
    body = (
        bytes([0xF4, 2, 7, 0x33])
        + b"".join(bytes([i, 0, 0, 1, 2]) for i in (1, 2, 0x13, 5, 6, 7))
        + b"\x53\x44\xf0\x00\x00"
    )
    return body + bytes([(0x40 - sum(body)) & 255])


CDL = b"""<?xml version="1.0"?><ColorDecisionList xmlns="urn:ASC:CDL:v1.2"><ColorDecision><MediaRef ref="a.mov"/><ColorCorrection id="a">
<SOPNode><Description>x</Description><Slope>1 1 1</Slope><Offset>0 0 0</Offset><Power>1 1 1</Power></SOPNode>
<SatNode><Saturation>0.9</Saturation></SatNode></ColorCorrection></ColorDecision></ColorDecisionList>"""
CUBE = (
    b'TITLE "a"\nLUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n'
    + b"0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"
)
EDL = (
    b"TITLE: LANE\nFCM: NON-DROP FRAME\n\n001  A001     V     C        01:00:00:00 01:00:04:00 01:00:00:00 01:00:04:00\n"
    b"* FROM CLIP NAME: 1-A-T01\n* ASC_SOP (1.1 1 0.9)(0 0 0)(1 1 1)\n* ASC_SAT 0.9\n* LOC: 01:00:01:00 RED     GOOD\n"
    b"002  A002     V     D    012 01:00:00:00 01:00:04:00 01:00:04:00 01:00:08:00\nM2   A002       050.0  01:00:00:00\n"
)
ALE = (
    b"Heading\nFIELD_DELIM\tTABS\nVIDEO_FORMAT\t1080\nFPS\t25\n\nColumn\nName\tTape\tStart\tEnd\tASC_SOP\tASC_SAT\n\nData\n"
    b"1-A-t01\tA001\t01:00:00:00\t01:00:04:00\t(1 1 1)(0 0 0)(1 1 1)\t1\n"
)
FDX = b"""<?xml version="1.0"?><FinalDraft DocumentType="Script" Version="5"><Content>
<Paragraph Type="Scene Heading" Number="1"><Text>INT. LANE - DAY</Text></Paragraph>
<Paragraph Type="Action"><Text Style="Bold+Italic">Rain</Text><Text> on tin.</Text></Paragraph>
<Paragraph><DualDialogue><Paragraph Type="Character"><Text>AMA</Text></Paragraph><Paragraph Type="Dialogue"><Text>Hi.</Text></Paragraph></DualDialogue></Paragraph>
</Content><TitlePage><Content><Paragraph Alignment="Center"><Text>LANE</Text></Paragraph></Content></TitlePage></FinalDraft>"""
FOUNTAIN = b"Title: Lane\n\nINT. LANE - DAY #1#\n\nRain. [[VFX: rain]]\n\nAMA (O.S.)\n(softly)\nIt *never* stops.\n\n> CUT TO:\n\n/* gone */\n===\n~la la\n"
BVH = b"""HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest
  {
    OFFSET 0 10 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.04
0 90 0 1 2 3 4 5 6
0 90 1 1 2 3 4 5 6
"""
OMC = orjson.dumps([
    {"schemaVersion": "https://movielabs.com/omc/json/schema/v2.8", "entityType": "Slate", "identifier": [{"identifierScope": "a", "identifierValue": "1"}],
     "slateUID": "1A", "takes": [{"identifier": [{"identifierScope": "a", "identifierValue": "2"}]}]},
])  # fmt: skip
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmpRights:Marked="True">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Lane</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>Ama</rdf:li></rdf:Seq></dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
ULENS = ulens.write(
    ulens.UlensFile("a", ((0.0, 0.0, 1.0, 1.5), (0.0, 1.0, 2.0, 3.0)), distortion=((0.0, 0.0, -0.1, 0.02, 0.003, 0.0004, 0.0005),),
                    focus_marks=((0.0, 45.0),))
)  # fmt: skip
LENSFUN = b"""<!DOCTYPE lensdatabase SYSTEM "lensfun-database.dtd"><lensdatabase version="1"><lens><maker>Glass</maker><model>Glass 24-70mm</model><mount>EF</mount>
<cropfactor>1</cropfactor><calibration><distortion model="ptlens" focal="24" a="0.01" b="-0.03" c="0.02"/><distortion model="poly3" focal="70" k1="0.002"/></calibration></lens></lensdatabase>"""
GYROFLOW = orjson.dumps({
    "name": "cam", "camera_brand": "A", "camera_model": "B", "lens_model": "C", "calib_dimension": {"w": 1920, "h": 1080}, "orig_dimension": {"w": 1920, "h": 1080},
    "fps": 25, "fisheye_params": {"RMS_error": 0.5, "camera_matrix": [[1800, 0, 960], [0, 1800, 540], [0, 0, 1]], "distortion_coeffs": [0.1, 0.01, 0, 0]},
})  # fmt: skip
NUKE = b'Root {\n format "1920 1080 0 0 1920 1080 1 HD"\n fps 25\n}\nCamera3 {\n translate {{curve x1 0 x2 1} 0 {curve x1 2 3}}\n rotate {0 1 2}\n focal 35\n haperture 36\n name Camera1\n}\n'


TARGETS: dict[str, Callable[[], Target]] = {
    "opentrackio": _opentrackio,
    "opentrackio-sample": _sample_json,
    "freed": lambda: Target(freed.decode, (_freed_packet(),), _freed_mend),
    "freed-dump": lambda: Target(freed.decode_dump, (_freed_packet() * 3,)),
    "freed-tables": lambda: Target(_text(read_calibration), (b"zoom,1365,4.12\nzoom,4095,48\n",)),
    "osc": lambda: Target(osc.decode, (_vmc(), _zigsim())),
    "osc-table": lambda: Target(_text(osc_table.read_table), (TABLE,)),
    "vmc-zigsim": lambda: Target(_fed(OscDecoder()), (_vmc(), _zigsim(), ZIGSIM_JSON)),
    "zigsim-json": lambda: Target(zigsim.decode_json, (ZIGSIM_JSON,)),
    "opentrack": lambda: Target(opentrack_udp.decode, (_opentrack(),)),
    "natnet": lambda: Target(natnet.guess, (_natnet_frame(),)),
    "live-link": lambda: Target(
        livelink_json.decode,
        (livelink_json.encode(livelink_json.Subject("A", IDENTITY, {"FocalLength": 35.0})),),
    ),
    "wire": _wire,
    "mosys-f4": lambda: Target(mosys_f4.read, (_f4() * 2,)),
    "ltc": _ltc,
    "timecode-csv": lambda: Target(
        lambda data: read_timecode_csv(io.BytesIO(data), Fraction(25)),
        (b"timecode,time_s\n01:00:00:00,0.0\n01:00:00:01,0.04\n",),
    ),
    "arri-csv": lambda: Target(
        lambda data: arri_csv.read(io.BytesIO(data)),
        (
            b"Index\tMaster TC\tLens Distance Unit\tLens Focus Distance\tLens Focal Length\tLens Linear Iris\tProject FPS\n0\t13:36:49:07\tMeter\t4.812\t40.000\t2667\t24.000\n",
        ),
    ),
    "sony-csv": lambda: Target(
        lambda data: sony_metadata.read_table(io.BytesIO(data)),
        (
            b'"Timecode","Clip Name","Focal Length (mm)","Aperture","Focus Distance (ft)"\n"16:47:04:19","D001","32","T 2 3/10","5.83"\n',
        ),
    ),
    "sony-xml": lambda: Target(
        sony_metadata.read_xml,
        (
            b'<NonRealTimeMeta xmlns="urn:schemas-professionalDisc:nonRealTimeMeta:ver.2.10"><Duration value="9"/><LtcChangeTable tcFps="24"><LtcChange value="19044716"/></LtcChangeTable><VideoFormat><VideoFrame captureFps="24.00p" formatFps="24p"/></VideoFormat></NonRealTimeMeta>',
        ),
    ),
    "red-csv": lambda: Target(
        lambda data: red_csv.read(io.BytesIO(data)),
        (
            b"FrameNo,Timecode,Aperture,Focus Distance,Focal Length,Cooke Metadata\n0,23:17:21:08,5.6,410,40,"
            + b"/".join(b"%02X" % c for c in b"d@@FhHp" + b"@" * 18 + b"A\x7f@@")
            + b"\n",
            b"Clip Name,Sensor Name,Frame Width,Frame Height,FPS,Total Frames,Abs TC\nA001,MONSTRO 8K VV,4096,2160,24,2,23:17:21:08\n",
        ),
    ),
    "canon-csv": lambda: Target(
        lambda data: canon_csv.read(io.BytesIO(data)),
        (
            b"Timecode,FocusPosition,FocalLength,ApertureNumber,ApertureMode\n0:00:03:15,3F000000,180/10,45/10,2\n",
            b"ShotNumber,LensSqueezeFactor,Timescale,Duration,Width,Height\nA001C001,1,30000,135135,5952,3140\n",
        ),
    ),
    "blackmagic": lambda: Target(
        lambda data: blackmagic_text.read(io.BytesIO(data)),
        (
            b"Clip Metadata\nformat_frame_rate: 1572864\nsensor_area_captured: 7680,6408,\n\nFrame 0 Metadata\naperture: T2.3\nfocal_length: 50mm\ndistance: 991mm\n",
        ),
    ),
    "chan": lambda: Target(chan.decode, (b"1 0 1 2 10 20 30 40\n2 0 1 2.5 10 20 31 40\n",)),
    "nuke": lambda: Target(nuke_camera.decode, (NUKE,)),
    "ulens": lambda: Target(ulens.read, (ULENS,)),
    "lensfun": lambda: Target(lensfun_xml.read, (LENSFUN,)),
    "gyroflow": lambda: Target(gyroflow.read, (GYROFLOW,)),
    "cdl": lambda: Target(cdl.read, (CDL,)),
    "cube": lambda: Target(cube.read, (CUBE,)),
    "edl": lambda: Target(lambda data: cmx3600.read(data, Fraction(25)), (EDL,)),
    "ale": lambda: Target(ale.read, (ALE,)),
    "xmp": lambda: Target(xmp.read, (XMP,)),
    "fountain": lambda: Target(fountain.parse_bytes, (FOUNTAIN,)),
    "fdx": lambda: Target(fdx.read, (FDX,)),
    "bvh": lambda: Target(bvh.read, (BVH,)),
    "omc": lambda: Target(omc.read, (OMC,)),
    "otio": lambda: _timeline("otio"),
    "fcp7": lambda: _timeline("fcp7"),
}


def _timeline(name: str) -> Target:
    import opentimelineio as otio

    from openset.stage.exchange import timeline_fcp7, timeline_otio

    seconds = otio.opentime.TimeRange(
        otio.opentime.RationalTime(0, 25), otio.opentime.RationalTime(50, 25)
    )
    track = otio.schema.Track("V1", kind="Video")
    for clip in "ab":
        track.append(
            otio.schema.Clip(clip, otio.schema.ExternalReference(f"{clip}.mov", seconds), seconds)
        )
    plain = otio.schema.Timeline("a", global_start_time=otio.opentime.RationalTime(90000, 25))
    plain.tracks.append(track)
    rich = copy.deepcopy(plain)
    cut = rich.tracks[0]
    cut[0].effects.append(otio.schema.LinearTimeWarp("fast", 2.0))
    cut[0].markers.append(otio.schema.Marker("here", seconds))
    cut.insert(
        1,
        otio.schema.Transition(
            "d", "SMPTE_Dissolve", seconds.start_time, otio.opentime.RationalTime(5, 25)
        ),
    )
    cut.append(otio.schema.Gap("", seconds))
    cut.append(
        otio.schema.Clip("bars", otio.schema.GeneratorReference("g", "SMPTEBars", seconds), seconds)
    )
    frames = otio.schema.ImageSequenceReference(
        "/a", "f.", ".exr", 1, 1, 25, 4, available_range=seconds
    )
    cut.append(otio.schema.Clip("frames", frames, seconds))
    if name == "otio":
        cut.append(otio.schema.Stack("nest", [otio.schema.Clip("deep", source_range=seconds)]))
        rich.metadata["held"] = {"clip": otio.schema.Clip("held"), "when": seconds}
        return Target(
            timeline_otio.parse, (timeline_otio.serialised(plain), timeline_otio.serialised(rich))
        )
    return Target(timeline_fcp7.read, (timeline_fcp7.write(plain), timeline_fcp7.write(rich)))


def _text(function: Callable[[str], Any]) -> Callable[[bytes], Any]:
    """A decoder of text, fed with whatever text the bytes make."""
    return lambda data: function(data.decode("utf-8", "replace"))
