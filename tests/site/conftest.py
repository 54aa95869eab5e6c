"""A small real production, a real engine of the contract's kind, a real server and a real browser."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from websockets.asyncio.server import serve

from openset.primitives.ids import TakeId
from openset.primitives.image import Yuv420
from openset.primitives.space import look_at
from openset.primitives.time import timecode_from_fields
from openset.stage.lens.model import Lens
from openset.stage.record.files import make_contact, make_proxy, write_marks
from openset.stage.record.live import TakeWriter
from openset.stage.record.model import Marks, TakeFrame, TakeSpec
from openset.store.production import Production, create_production

RATE = Fraction(25)
WIDTH, HEIGHT = 640, 360
ROOT = Path(__file__).resolve().parents[2]
LENS = Lens(WIDTH, HEIGHT, 700.0, 700.0, WIDTH / 2, HEIGHT / 2, k1=-0.1)


def yuv(rgb: np.ndarray) -> Yuv420:
    """An (h, w, 3) uint8 picture as planes; good enough to look at."""
    planes = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    quarter = HEIGHT // 4
    u = planes[HEIGHT : HEIGHT + quarter].reshape(HEIGHT // 2, WIDTH // 2)
    v = planes[HEIGHT + quarter :].reshape(HEIGHT // 2, WIDTH // 2)
    return Yuv420(planes[:HEIGHT].copy(), u.copy(), v.copy())


def picture(index: int, screen: bool) -> np.ndarray:
    """A person-like shape before a green screen, or before a lane at dusk."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    if screen:
        out = np.stack([40 + 8 * y / HEIGHT, 150 - 40 * x / WIDTH, 60 + 0 * x], -1)
    else:
        out = np.stack([200 - 150 * y / HEIGHT, 120 - 70 * y / HEIGHT, 90 + 10 * x / WIDTH], -1)
        for left in range(-40, WIDTH, 90):
            at = left - index
            out[90:300, max(at, 0) : max(at + 60, 0)] *= 0.55
    middle = WIDTH // 2 + round(30 * np.sin(index / 9))
    canvas = np.ascontiguousarray(np.clip(out, 0, 255).astype(np.uint8))
    cv2.ellipse(canvas, (middle, HEIGHT), (70, 150), 0, 0, 360, (46, 62, 92), -1, cv2.LINE_AA)
    cv2.circle(canvas, (middle, 165), 38, (178, 124, 96), -1, cv2.LINE_AA)
    return canvas


def write_take(
    production: Production, take_id: TakeId, frames: int, *, held: range = range(0), fault: str = ""
) -> Path:
    """A real take, written by the recorder itself."""
    spec = TakeSpec(
        id=take_id,
        rate=RATE,
        width=WIDTH,
        height=HEIGHT,
        start_timecode=timecode_from_fields(14, 3, 20, 0, RATE),
        delay_s=0.083,
        set_name="market",
        backend="cpu",
        plate_source="camera",
        track_source="udp::55555",
        lens=LENS,
    )
    writer = TakeWriter(production, spec, datetime(2026, 3, 4, 14, 3, take_id.take, tzinfo=UTC))
    pose = look_at((0.3, -4.0, 1.5), (0.0, 0.0, 1.2))
    for index in range(frames):
        state, age_s = ("held", 0.3) if index in held else ("tracked", 0.004)
        writer.add(
            TakeFrame(
                index,
                1_000_000_000 + index * 40_000_000,
                yuv(picture(index, True)),
                yuv(picture(index, False)),
                None,
                pose,
                LENS,
                age_s,
                state,
            )
        )
    if fault:
        writer.note_fault(1_000_000_000 + held.start * 40_000_000, "tracking held", fault)
    writer.close("cut", {"frames_in": frames, "frames_out": frames, "dropped": 2 if fault else 0})
    return writer.folder


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Production:
    """One production with two takes, the second circled and with a fault."""
    folder = tmp_path_factory.mktemp("productions") / "lane-market"
    made = create_production(folder, title="Lane Market", rate=RATE, languages=("en", "ar"))
    (folder / "script" / "lane.fountain").write_text("INT. LANE - DAY\n\nSomebody waits.\n")
    market = folder / "sets" / "market"
    market.mkdir(parents=True)
    (market / "set.usda").write_text("#usda 1.0\n")
    delivery = folder / "deliveries" / "post-house"
    delivery.mkdir(parents=True)
    (delivery / "passport.json").write_text("{}")
    (delivery / "passport.html").write_text("<h1>Passport</h1>")
    first = write_take(made, TakeId("1", "A", 1), 30)
    text = "Tracker silent for 0.4 s. The background held still."
    second = write_take(made, TakeId("1", "A", 2), 50, held=range(20, 30), fault=text)
    for take in (first, second):
        make_proxy(take)
        make_contact(take)
    write_marks(second, Marks(True, 4, "Good hands. Watch the hem."))
    return made


@pytest.fixture
def shown(production: Production, settings: Any) -> Production:
    """The production on the site of this test."""
    settings.PRODUCTIONS = str(production.root)
    return production


@dataclass
class Engine:
    """A stage engine as the contract describes it: status five times a second, pictures, answers."""

    production: Production
    home: Path
    port: int = 0
    token: str = "word"
    rolling: bool = False
    commands: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    take: int = 3
    view: str = "composite"
    circled: list[str] = field(default_factory=list)
    tracking: tuple[str, float] = ("tracked", 8.0)
    frames: int = 0
    pictures: bool = True
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _thread: threading.Thread | None = None

    @property
    def note(self) -> Path:
        return self.home / "engines" / f"{self.production.id}.json"

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        self.note.parent.mkdir(parents=True, exist_ok=True)
        note = {"port": self.port, "token": self.token, "pid": os.getpid(), "production": "x"}
        self.note.write_text(json.dumps(note))

    def stop(self) -> None:
        self.note.unlink(missing_ok=True)
        if self._thread and self._loop and self._stop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def status(self) -> dict[str, Any]:
        state, age_ms = self.tracking
        self.frames += 5
        return {
            "type": "status", "production": self.production.id, "title": "Lane Market", "scene": "1",
            "shot": "A", "take": f"1-A-t{self.take:02d}", "rolling": self.rolling,
            "timecode": f"14:03:{self.frames // 25 % 60:02d}:{self.frames % 25:02d}",
            "frames_in": self.frames, "frames_out": self.frames, "dropped": 0, "recorded": 0,
            "rate_fps": 25.0, "rate_wanted": 25.0, "tracking_state": state, "tracking_age_ms": age_ms,
            "delay_ms": 83.0, "track_samples": 100, "track_faults": 0, "key_score": 87.4,
            "backend": "cpu", "disk_minutes_left": 132.0, "faults": [], "message": "",
            "takes": ["1-A-t02"] if self.take > 2 else [], "view": self.view, "circled": self.circled,
        }  # fmt: skip

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()

        async def admit(connection: Any, request: Any) -> Any:
            if request.headers.get("Authorization") == f"Bearer {self.token}":
                return None
            self.refused += 1
            return connection.respond(403, "no")

        async with serve(self._talk, "127.0.0.1", self.port, process_request=admit) as server:
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await self._stop.wait()

    async def _talk(self, connection: Any) -> None:
        async def tell() -> None:
            count = 0
            while True:
                if count % 5 == 0:
                    await connection.send(json.dumps(self.status()))
                if self.pictures:
                    frame = cv2.cvtColor(picture(count, False), cv2.COLOR_RGB2BGR)
                    await connection.send(cv2.imencode(".jpg", frame)[1].tobytes())
                count += 1
                await asyncio.sleep(0.04)

        telling = asyncio.create_task(tell())
        try:
            async for message in connection:
                command = json.loads(message)
                self.commands.append(command)
                if command["type"] in ("roll", "cut"):
                    self.rolling = command["type"] == "roll"
                elif command["type"] == "view":
                    self.view = command["what"]
                elif command["type"] == "circle":
                    self.circled = [command["take"]] if command["circled"] else []
                answer = {"type": "reply", "ok": True, "text": "done", "to": command["type"]}
                await connection.send(json.dumps(answer))
        finally:
            telling.cancel()


@pytest.fixture
def engine(production: Production, tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Makes and starts engines whose note lies in the given home."""
    made: list[Engine] = []

    def start(home: Path, **given: Any) -> Engine:
        one = Engine(production, home, **given)
        made.append(one)
        one.start()
        return one

    yield start
    for one in made:
        one.stop()


@dataclass
class Site:
    """A running site: where it is, its home folder, and a link that signs in."""

    url: str
    home: Path
    environment: dict[str, str]

    def link(self) -> str:
        """A fresh sign-in link, made as the command line makes it."""
        code = (
            "import django; django.setup();"
            "from openset.site.enter import make_link;"
            f"print(make_link({self.url!r}))"
        )
        out = subprocess.run(
            [sys.executable, "-c", code],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return out.stdout.strip()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def site(production: Production, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site under uvicorn, in a process and with a home of its own."""
    home = tmp_path_factory.mktemp("site-home")
    port = free_port()
    environment = {
        **os.environ,
        "OPENSET_HOME": str(home),
        "OPENSET_PRODUCTIONS": str(production.root),
        "DJANGO_SETTINGS_MODULE": "openset.site.settings",
    }
    migrate = [sys.executable, "-m", "django", "migrate", "-v", "0"]
    subprocess.run(migrate, env=environment, check=True)
    log = (home / "uvicorn.log").open("wb")
    command = [sys.executable, "-m", "uvicorn", "openset.site.asgi:application", "--port", str(port)]
    command += ["--ws", "websockets-sansio", "--lifespan", "off"]
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
        yield Site(f"http://127.0.0.1:{port}", home, environment)
    finally:
        server.terminate()
        server.wait(10)
        log.close()


@dataclass(frozen=True)
class PhoneRoom:
    """A simulated wall of tags, and what a phone films of it: a loop of a slow hand-held move."""

    video: Path
    tags: Path
    lens: Path
    path: list[Any]
    """The phone's true poses in the loop, as (4, 4) stage_from_camera."""


@pytest.fixture(scope="session")
def phone_room(tmp_path_factory: pytest.TempPathFactory) -> PhoneRoom:
    """The room, its map, the phone's lens, and the film as Chromium's fake camera takes it."""
    from openset.primitives.space import pose_from_matrix
    from openset.sim.optics import Optics, rotation_from_angles
    from openset.sim.prints import facing, tag_sheet
    from openset.sim.sightings import Look
    from openset.sim.sightings import picture as sighting
    from openset.sim.walks import Walk
    from openset.stage.lens.files import write_lens
    from openset.stage.lens.measured import LensFile, MeasuredLens
    from openset.stage.markers.files import write_map
    from openset.stage.markers.model import PlacedTag, TagMap

    folder = tmp_path_factory.mktemp("phone-room")
    random = np.random.default_rng(4)
    up = np.array([0.0, 0.0, 1.0])
    sheets = [
        tag_sheet(
            number,
            0.2,
            np.array([(number % 4 - 1.5) * 0.5, 2.0 - 0.3 * (number % 3), 1.3 + (number // 4) * 0.5]),
            facing(np.array([random.uniform(-0.5, 0.5), -1.0, random.uniform(-0.4, 0.4)]), up),
        )
        for number in range(8)
    ]
    placed = {}
    for sheet in sheets:
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = sheet.rotation, sheet.position_m
        placed[sheet.id] = PlacedTag(sheet.id, 0.2, pose_from_matrix(matrix))
    write_map(folder / "tags.json", TagMap(placed))
    optics = Optics(640, 360, 490.0, 322.0, 178.0)
    lens = Lens(640, 360, 490.0, 490.0, 322.0, 178.0)
    write_lens(folder / "lens.json", LensFile("phone", (MeasuredLens(lens),)))
    walk = Walk(5, np.array([0.0, -0.3, 1.5]), rotation_from_angles(0.0, 0.0, 0.0), violence=0.1)
    look = Look(noise_codes=1.5, jpeg=None)
    path, frames = [], []
    for number in range(14):
        moment = walk.from_time(number / 15)
        luma = sighting(optics, moment, sheets, look, random)
        frames.append(b"FRAME\n" + luma.tobytes() + bytes([128]) * (320 * 180 * 2))
        position, rotation = walk.at(number / 15)
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rotation, position
        path.append(matrix)
    loop = frames + frames[-2:0:-1]
    head = b"YUV4MPEG2 W640 H360 F15:1 Ip A1:1 C420jpeg\n"
    (folder / "camera.y4m").write_bytes(head + b"".join(loop))
    return PhoneRoom(folder / "camera.y4m", folder / "tags.json", folder / "lens.json", path)


@dataclass
class PhoneSite(Site):
    """A site that is open to phones. `poses` is where the first phone's arrive."""

    phones: dict[str, Any] = field(default_factory=dict)
    poses: socket.socket = field(default_factory=socket.socket)
    _tokens: list[str] = field(default_factory=list)

    def pairing(self) -> str:
        """A fresh link that lets one phone in; made by the half dozen, for Django takes its time."""
        code = (
            "import django; django.setup();"
            "from openset.site.enter import owner_user; from openset.site import phones;"
            "[print(phones.make_pairing(owner_user(), 'Ama', may_command=True)) for _ in range(6)]"
        )
        if not self._tokens:
            command = [sys.executable, "-c", code]
            out = subprocess.run(
                command, env=self.environment, capture_output=True, text=True, check=True
            )
            self._tokens = out.stdout.split()
        return f"{self.phones['at']}/phone/enter/{self._tokens.pop()}"


@pytest.fixture(scope="session")
def phone_site(
    production: Production, phone_room: PhoneRoom, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PhoneSite]:
    """`openset up --phones` as it is typed, in a process and with a home of its own."""
    home = tmp_path_factory.mktemp("phone-home")
    poses = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    poses.bind(("127.0.0.1", 0))
    poses.setblocking(False)
    environment = {
        **os.environ,
        "OPENSET_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "openset.site.settings",
    }
    command = [sys.executable, "-m", "openset", "up", str(production.root), "--json", "--port", "0"]
    command += ["--phones", "--phone-port", "0", "--guide-port", "0"]
    command += ["--tags", str(phone_room.tags), "--phone-lens", str(phone_room.lens)]
    command += ["--phone-to", f"opentrackio://127.0.0.1:{poses.getsockname()[1]}"]
    log = (home / "up.log").open("wb")
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert server.stdout is not None
        figures = json.loads(server.stdout.readline())
        port = figures["phones"]["address"].rpartition(":")[2]
        phones = {**figures["phones"], "at": f"https://localhost:{port}"}
        environment["OPENSET_PRODUCTIONS"] = str(production.root)
        yield PhoneSite(figures["address"], home, environment, phones, poses)
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)
        log.close()
        poses.close()


def wait_for(check: Callable[[], bool], seconds: float = 20.0) -> None:
    """Until `check` is true; an assertion when it never is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if check():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("waited in vain")


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    """The translations, built from their sources as set-up does it."""
    subprocess.run([sys.executable, str(ROOT / "tools" / "compile_messages.py")], check=True)
