"""OSC as reports of trackers, and back: the VMC protocol, ZIG SIM, and any app by a table of its own.

VMC tells a field of view and no sensor: see field_of_view.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from openset.formats import osc, osc_table, vmc, zigsim
from openset.formats.osc import Message, OscError
from openset.formats.osc_table import Table, TableError
from openset.primitives.space import Pose
from openset.primitives.time import NS_PER_S, ns_from_s
from openset.stage.tracking.field_of_view import fov_of_lens, lens_of_fov
from openset.stage.tracking.samples import LensReport, TrackSample
from openset.stage.tracking.senders import host_of
from openset.stage.tracking.wire import Heard

VALUES = "OSC message with values that make no pose"
ADDRESS = "OSC address that is not known"
NO_POSE = "ZIG SIM sends no pose"
JSON = "no JSON of ZIG SIM"

FAULTS: Mapping[str, str] = {
    **osc.FAULTS,
    VALUES: "A message lacks numbers, or holds some that are not finite or far out of this world: "
    "restart the tracking in the sender.",
    ADDRESS: "Openset knows VMC and ZIG SIM by itself: for another app write a table of its addresses.",
    NO_POSE: "Switch on ARKit (or Quaternion, which gives the attitude only) in ZIG SIM's sensors.",
    JSON: "Choose OSC, or JSON with the device's data, in ZIG SIM's settings.",
}

_MOST = 256
Kept = TypeVar("Kept")


@dataclass
class _Half:
    """What is known of a pose that comes in several messages, and which of it is new."""

    values: dict[str, float] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)


@dataclass
class _Phone:
    position: tuple[float, float, float] | None = None
    rotation: tuple[float, float, float, float] | None = None
    arkit: bool = False


class OscDecoder:
    """OSC inwards: by the table if there is one, then VMC and ZIG SIM, whose JSON is taken too."""

    name = "OSC"

    def __init__(self, table: Table | None = None, held: zigsim.Held = "sideways") -> None:
        self.faults: Counter[str] = Counter()
        self._table = table
        self._held = held
        self._halves: dict[str, _Half] = {}
        self._phones: dict[str, _Phone] = {}

    def takes(self, datagram: bytes) -> bool:
        """Whether the bytes begin as OSC, or as ZIG SIM's JSON."""
        return osc.is_osc(datagram) or (datagram[:1] == b"{" and b'"device"' in datagram)

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        """The reports in a datagram. A pose in several messages is one report when all have come, be it
        by several ports of the sender."""
        sender = host_of(sender)
        if datagram[:1] == b"{":
            return self._json(datagram, sender)
        try:
            packet = osc.decode(datagram)
        except OscError as error:
            self.faults[error.fault] += 1
            return ()
        if packet.broken:
            self.faults[osc.BROKEN] += packet.broken
        heard: list[Heard] = []
        rest = self._by_table(packet.messages, sender, heard)
        told = [message for message in rest if vmc.is_vmc(message)]
        if told:
            self._vmc(told, sender, heard)
        phones = [message for message in rest if zigsim.is_zigsim(message)]
        if phones:
            self._zigsim(zigsim.decode(phones), sender, heard)
        unknown = len(rest) - len(told) - len(phones)
        if unknown:
            self.faults[ADDRESS] += unknown
        return heard

    def _by_table(self, messages: Iterable[Message], sender: str, heard: list[Heard]) -> list[Message]:
        """Reports by the table are added to `heard`; what is not in it is given back."""
        table = self._table
        if table is None:
            return list(messages)
        rest: list[Message] = []
        touched: dict[str, int | None] = {}
        for message in messages:
            try:
                found = table.read(message)
            except TableError:
                self.faults[VALUES] += 1
                continue
            if found is None:
                rest.append(message)
                continue
            source = " ".join(filter(None, (table.name, found[0], "from", sender)))
            half = _kept(self._halves, source, _Half)
            if half.fresh & found[1].keys():
                self._tell(table, source, half, touched.get(source), heard)
            half.values |= found[1]
            half.fresh |= found[1].keys()
            touched[source] = message.time_ns
        for source, time_ns in touched.items():
            half = self._halves[source]
            if half.fresh >= table.pose_fields:
                self._tell(table, source, half, time_ns, heard)
        return rest

    def _tell(
        self, table: Table, source: str, half: _Half, time_ns: int | None, heard: list[Heard]
    ) -> None:
        half.fresh.clear()
        if not half.values.keys() >= table.pose_fields:
            return
        pose = osc_table.pose(half.values, table.axes)
        if pose is None:
            self.faults[VALUES] += 1
            return
        lens = _lens_of_values(half.values)
        stamp = half.values.get("time_s")
        stamp_ns = time_ns if stamp is None else ns_from_s(stamp)
        heard.append(Heard(source, pose, lens, stamp_ns, fields=tuple(_said(half.values))))

    def _vmc(self, messages: Iterable[Message], sender: str, heard: list[Heard]) -> None:
        report = vmc.decode(messages)
        if report.broken:
            self.faults[VALUES] += report.broken
        stamp_ns = None if report.time_s is None else ns_from_s(report.time_s)
        status = "not ready" if report.loaded is False else ""
        for camera in report.cameras:
            lens = lens_of_fov(camera.fov_rad) if camera.fov_rad else None
            fields = ("field of view",) if lens else ()
            source = f"VMC camera {camera.name} from {sender}"
            heard.append(Heard(source, camera.pose, lens, stamp_ns, status=status, fields=fields))
        for name, pose in report.devices.items():
            heard.append(Heard(f"VMC {name} from {sender}", pose, None, stamp_ns, status=status))
        bones = {**report.bones, **({"root": report.root} if report.root else {})}
        if bones:
            source = f"VMC body from {sender}"
            heard.append(
                Heard(source, None, None, stamp_ns, status=status, fields=("bones",), bones=bones)
            )

    def _json(self, datagram: bytes, sender: str) -> Sequence[Heard]:
        heard: list[Heard] = []
        try:
            self._zigsim([zigsim.decode_json(datagram)], sender, heard)
        except zigsim.ZigSimError:
            self.faults[JSON] += 1
        return heard

    def _zigsim(self, phones: Iterable[zigsim.Phone], sender: str, heard: list[Heard]) -> None:
        for phone in phones:
            if phone.broken:
                self.faults[VALUES] += phone.broken
            source = f"ZIG SIM {phone.device} from {sender}"
            kept = _kept(self._phones, source, _Phone)
            kept.arkit = kept.arkit or phone.position is not None
            kept.position = phone.position or kept.position
            kept.rotation = phone.rotation_wxyz or kept.rotation
            if kept.position is not None and kept.rotation is not None:
                pose = zigsim.pose(kept.position, kept.rotation, self._held)
                kept.position = kept.rotation = None
                heard.append(Heard(source, pose, fields=phone.others))
            elif phone.attitude_wxyz is not None and not kept.arkit:
                pose = zigsim.attitude(phone.attitude_wxyz, self._held)
                heard.append(Heard(source, pose, status="attitude only", fields=phone.others))
            elif phone.others and not (phone.position or phone.rotation_wxyz or kept.arkit):
                self.faults[NO_POSE] += 1


class OscEncoder:
    """OSC outwards: the table's messages, or VMC's camera and bones where there is no table."""

    name = "OSC"

    def __init__(self, table: Table | None = None, camera: str = "Camera") -> None:
        self.faults: Counter[str] = Counter()
        self._table = table
        self._camera = camera
        self._began_ns: int | None = None

    def encode(
        self,
        sample: TrackSample,
        now_ns: int,
        raw: dict[str, Any] | None = None,
        bones: Mapping[str, Pose] | None = None,
    ) -> Sequence[bytes]:
        """One bundle; none, and a fault counted, where a value has no place in OSC."""
        if self._began_ns is None:
            self._began_ns = now_ns
        seconds = (now_ns - self._began_ns) / NS_PER_S
        try:
            if self._table is None:
                messages = vmc.encode(self._report(sample, seconds, bones))
            else:
                more = _values_of_lens(sample.lens) | {"time_s": seconds}
                pose = sample.stage_from_camera
                messages = osc_table.write(self._table, pose, more, self._camera)
            if all(map(_finite, messages)):
                return (osc.encode_bundle(messages),) if messages else ()
        except OscError:
            pass
        self.faults[VALUES] += 1
        return ()

    def _report(
        self, sample: TrackSample, seconds: float, bones: Mapping[str, Pose] | None
    ) -> vmc.Report:
        body = dict(bones or {})
        root = body.pop("root", None)
        camera = vmc.Camera(self._camera, sample.stage_from_camera, fov_of_lens(sample.lens))
        return vmc.Report((camera,), root, body, loaded=True, time_s=seconds)


def _lens_of_values(values: Mapping[str, float]) -> LensReport | None:
    fov = values.get("fov", 0.0)
    lens = lens_of_fov(fov) if 0.001 < fov < 3.1 else LensReport()
    report = LensReport(
        focal_length_mm=values.get("focal_length_mm", lens.focal_length_mm),
        focus_distance_m=values.get("focus_distance_m"),
        f_stop=values.get("f_stop"),
        sensor_width_mm=None if "focal_length_mm" in values else lens.sensor_width_mm,
        sensor_height_mm=None if "focal_length_mm" in values else lens.sensor_height_mm,
    )
    return None if report == LensReport() else report


def _values_of_lens(lens: LensReport | None) -> dict[str, float]:
    report = lens or LensReport()
    found = {
        "fov": fov_of_lens(lens),
        "focal_length_mm": report.focal_length_mm,
        "focus_distance_m": report.focus_distance_m,
        "f_stop": report.f_stop,
    }
    return {name: value for name, value in found.items() if value is not None}


def _finite(message: Message) -> bool:
    return all(math.isfinite(each) for each in message.arguments if isinstance(each, float))


def _said(values: Mapping[str, float]) -> Iterable[str]:
    words = {
        "fov": "field of view",
        "focal_length_mm": "focal length",
        "focus_distance_m": "focus distance",
        "f_stop": "iris",
        "time_s": "time",
    }
    return (word for name, word in words.items() if name in values)


def _kept(store: dict[str, Kept], key: str, make: type[Kept]) -> Kept:
    """The entry of `key`, a new one where there is none; the store never grows beyond bounds."""
    if key not in store:
        if len(store) >= _MOST:
            store.clear()
        store[key] = make()
    return store[key]
