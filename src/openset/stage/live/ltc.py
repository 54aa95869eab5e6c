"""Where linear timecode is heard: a sound input or a file's sound track; and what is heard, in words.

ltc:alsa:hw:1          the first sound card (arecord -l lists them); ?channel=2 where it is known
ltc:alsa:hw:1?delay_ms=12
ltc:sound.wav          a recording, or a clip whose sound track carries the timecode
"""

from __future__ import annotations

import math
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import av
import av.error
from av.container import InputContainer

from openset.formats.ltc import LtcError, LtcFrame
from openset.formats.ltc_listen import Listener
from openset.primitives.errors import BadInput
from openset.primitives.time import ns_from_s
from openset.stage.exchange.sound import begin_of, blocks_of

PREFIX = "ltc:"
SYSTEMS = ("alsa", "pulse", "avfoundation", "dshow")
"""FFmpeg's names of sound inputs: Linux, Linux, macOS, Windows."""
RETRY_S = 3.0
_ALSA_CONFIG = "/usr/share/alsa/alsa.conf"
_OPENING = threading.Lock()
_WRITE = "Write ltc:FILE or ltc:alsa:hw:1, with ?channel=2 or ?delay_ms=10 where needed"


@dataclass(frozen=True)
class LtcSource:
    """Where LTC is heard: sound input `place` of `system`, or the file `place` where `system` is "".
    `channel` counts from 0, None for any. `delay_s` is how much later than the picture's moment the
    sound is heard."""

    text: str
    system: str
    place: str
    channel: int | None = None
    delay_s: float = 0.0


def parse_ltc(text: str) -> LtcSource:
    """`ltc:FILE` or `ltc:SYSTEM:DEVICE`, with ?channel= and &delay_ms=. Raises BadInput."""
    if not text.startswith(PREFIX):
        raise BadInput(f"{text!r} is no source of timecode", todo=_WRITE)
    rest, _, query = text[len(PREFIX) :].partition("?")
    if Path(text[len(PREFIX) :]).is_file():
        rest, query = text[len(PREFIX) :], ""
    channel, delay_s = None, 0.0
    try:
        for name, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
            if name == "channel" and 1 <= int(value) <= 64:
                channel = int(value) - 1
            elif name == "delay_ms" and abs(float(value)) <= 10_000:
                delay_s = float(value) / 1000
            else:
                raise ValueError
    except ValueError:
        raise BadInput(f"{query!r} cannot be used", where=text, todo=_WRITE) from None
    system, colon, device = rest.partition(":")
    if colon and system in SYSTEMS and device:
        return LtcSource(text, system, device, channel, delay_s)
    if not Path(rest).is_file():
        raise BadInput("there is no such file", where=text, todo=_WRITE)
    return LtcSource(text, "", rest, channel, delay_s)


def open_sound(source: LtcSource) -> InputContainer:
    """The source, opened, with a sound stream in it. Raises BadInput."""
    options: dict[str, str] = {}
    if source.system == "alsa":
        # The library that comes with PyAV looks for its configuration where it was built.
        if "ALSA_CONFIG_PATH" not in os.environ and Path(_ALSA_CONFIG).is_file():
            os.environ["ALSA_CONFIG_PATH"] = _ALSA_CONFIG
        options = {"channels": str(max(2, (source.channel or 0) + 1)), "sample_rate": "48000"}
    try:
        with _quiet() if source.system == "alsa" else nullcontext():
            container = _opened(source, options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise BadInput(
            f"cannot be heard ({getattr(error, 'strerror', None) or error})",
            where=source.text,
            todo="Check that it is plugged in and not used by another program: arecord -l"
            if source.system
            else "Name a recording with the timecode in its sound",
        ) from error
    if not container.streams.audio:
        container.close()
        raise BadInput("holds no sound", where=source.text, todo="Name a file with a sound track")
    return container


@contextmanager
def _quiet() -> Iterator[None]:
    """Inside, what ALSA's own library prints is left out of the terminal: it is said in one line by
    whoever opens. What others print meanwhile comes after."""
    with _OPENING, tempfile.TemporaryFile() as printed:
        kept = os.dup(2)
        try:
            os.dup2(printed.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            printed.seek(0)
            for line in printed:
                if not line.startswith(b"ALSA lib "):
                    os.write(2, line)


def _opened(source: LtcSource, options: dict[str, str]) -> InputContainer:
    try:
        return av.open(source.place, format=source.system or None, options=options)
    except (av.error.FFmpegError, OSError):
        if source.system != "alsa" or source.channel:
            raise
        # A card itself gives as many channels as it has: a microphone's only one.
        return av.open(source.place, format=source.system, options={**options, "channels": "1"})


class Ear:
    """One opening of a source: sound in, believed frames with their place in seconds out, counted from
    the first sample, or from a clip's first picture. Raises BadInput where it cannot be opened."""

    def __init__(self, source: LtcSource) -> None:
        self.source = source
        self.listener: Listener | None = None
        self._rate = 1
        self._ended = False
        self._container = open_sound(source)
        self._begin_s = 0.0 if source.system else begin_of(self._container)
        self.heard_s = self._begin_s
        self._blocks = blocks_of(self._container, live=bool(source.system))

    def hear(self) -> list[tuple[LtcFrame, float]] | None:
        """The frames that the next block of sound makes believed, each with when it began in seconds
        after the beginning; None after the end. Raises BadInput where the source breaks off or lacks
        the channel."""
        if self._ended:
            return None
        try:
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
                return self._placed(self.listener.finish() if self.listener else [])
            sound, rate = block
            if self.listener is None:
                self._rate = rate
                self.listener = Listener(rate, len(sound), self.source.channel)
            found = self.listener.feed(sound)
            self.heard_s = self._begin_s + self.listener.samples / self._rate
            return self._placed(found)
        except (av.error.FFmpegError, OSError) as error:
            raise BadInput(
                f"the sound breaks off ({error.strerror or error})",
                where=self.source.text,
                todo="Check the cable",
            ) from error
        except LtcError as error:
            raise BadInput(str(error), where=self.source.text, todo=_WRITE) from error

    def close(self) -> None:
        """Let the source go."""
        self._container.close()

    def _placed(self, found: list[LtcFrame]) -> list[tuple[LtcFrame, float]]:
        return [(frame, self._begin_s + frame.start / self._rate) for frame in found]


@dataclass(frozen=True)
class LtcReport:
    """What was heard of a source until `heard_s` seconds of its sound: for people. `level_db` is below
    full scale; `faults` counts by plain name; `trouble` says why nothing is heard."""

    source: str
    heard_s: float = 0.0
    timecode: str = ""
    rate: str = ""
    certain: bool = False
    speed: float = 1.0
    channel: int = 0
    level_db: float = -120.0
    user_bits: int = 0
    reverse: bool = False
    frames: int = 0
    missing: int = 0
    jumps: int = 0
    faults: tuple[tuple[str, int], ...] = ()
    trouble: str = ""


def watch(text: str, *, every_s: float = 1.0, seconds: float | None = None) -> Iterator[LtcReport]:
    """Listen to `text` (see `parse_ltc`) and report each `every_s` of sound, and once at its end; a
    file is read as fast as it can be. Ends after `seconds` of sound; a sound input that cannot be heard
    is reported so, and tried again. Raises BadInput for what is no source."""
    source = parse_ltc(text)
    until_ns = None if seconds is None else time.monotonic_ns() + ns_from_s(seconds)
    while True:
        try:
            ear = Ear(source)
            try:
                yield from _reports(ear, every_s, seconds)
            finally:
                ear.close()
            if not source.system:
                return
        except BadInput as trouble:
            if not source.system:
                raise
            yield LtcReport(text, trouble=trouble.line)
            time.sleep(min(RETRY_S, seconds or RETRY_S))
        if until_ns is not None and time.monotonic_ns() >= until_ns:
            return


def _reports(ear: Ear, every_s: float, seconds: float | None) -> Iterator[LtcReport]:
    last: LtcFrame | None = None
    due_s = every_s
    while True:
        found = ear.hear()
        if found:
            last = found[-1][0]
        over = found is None or (seconds is not None and ear.heard_s >= seconds)
        if over or ear.heard_s >= due_s:
            yield _report(ear, last)
            due_s = ear.heard_s + every_s
        if over:
            return


def _report(ear: Ear, last: LtcFrame | None) -> LtcReport:
    listener = ear.listener
    if listener is None:
        return LtcReport(ear.source.text, trouble="no sound has come")
    follower, said = listener.follower, listener.rate
    fresh = last is not None and listener.samples - last.end < listener.decoder.sample_rate
    level = max(last.level if last and fresh else listener.decoder.level, 1e-6)
    faults = listener.decoder.faults + Counter({"a frame by itself, not believed": follower.odd})
    return LtcReport(
        ear.source.text,
        ear.heard_s,
        str(last) if last else "",
        str(said) if said else "",
        said is not None and said.certain,
        said.speed if said else 1.0,
        (listener.channel or 0) + 1,
        20 * math.log10(level),
        last.user_bits if last else 0,
        bool(last and last.reverse),
        follower.believed,
        follower.missing,
        follower.jumps,
        tuple(sorted(faults.items())),
        "" if last else "no timecode in the sound",
    )
