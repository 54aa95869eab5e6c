"""Picture sources: clips, image sequences, broken files, and time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from openset.primitives.colour import rgb_from_yuv420
from openset.primitives.errors import PlateBroken, PlateNotFound
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import PlateFrame, PlateSource, _open, is_live


def write_clip(
    path: Path,
    frames: int = 20,
    size: tuple[int, int] = (64, 36),
    options: dict[str, str] | None = None,
) -> Path:
    """A clip whose frame n has luma 20 + 5n."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4", "g": "5", "bf": "0"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            picture = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
            picture[: size[1]] = 20 + 5 * number
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def read_all(source: PlateSource) -> Iterator[PlateFrame]:
    """Every frame until the source ends."""
    while True:
        try:
            frame = source.queue.get(timeout_s=10)
        except PipeClosed:
            return
        if frame is not None:
            yield frame


def test_a_clip_is_read_whole_with_its_own_times(tmp_path: Path) -> None:
    source = PlateSource(str(write_clip(tmp_path / "clip.mp4")))
    assert (source.format.width, source.format.height, source.format.rate) == (64, 36, 25)
    source.start_at(0)
    frames = list(read_all(source))
    assert [frame.index for frame in frames] == list(range(20))
    assert [frame.time_ns for frame in frames] == [n * 40_000_000 for n in range(20)]
    assert [int(np.median(frame.picture.y)) for frame in frames] == [20 + 5 * n for n in range(20)]
    assert source.trouble is None


def test_a_paced_clip_reaches_the_engine_at_its_own_delay(tmp_path: Path) -> None:
    source = PlateSource(str(write_clip(tmp_path / "clip.mp4", 6)), paced=True, delay_s=0.05)
    start_ns = time.monotonic_ns() + 20_000_000
    source.start_at(start_ns)
    late = []
    for frame in read_all(source):
        late.append(time.monotonic_ns() - frame.time_ns)
        assert frame.time_ns == start_ns + 50_000_000 + frame.index * 40_000_000
    assert len(late) == 6
    assert min(late) >= 0


def test_a_paced_clip_never_waits_and_counts_what_the_engine_missed(tmp_path: Path) -> None:
    source = PlateSource(str(write_clip(tmp_path / "clip.mp4", 30)), paced=True)
    source.start_at(time.monotonic_ns() - 2_000_000_000)
    source.join(20)
    frames = list(read_all(source))
    assert len(frames) + source.dropped == 30
    assert source.dropped == 30 - source.queue.size


def test_a_looped_clip_goes_on_counting(tmp_path: Path) -> None:
    source = PlateSource(str(write_clip(tmp_path / "clip.mp4", 4)), loop=True)
    source.start_at(0)
    frames = []
    for frame in read_all(source):
        frames.append(frame)
        if len(frames) == 10:
            break
    source.stop()
    assert [frame.index for frame in frames] == list(range(10))
    assert int(np.median(frames[4].picture.y)) == 20


def test_an_image_sequence_is_read_in_number_order_in_its_own_colour(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        cv2.imwrite(
            str(tmp_path / f"frame.{number}.png"), np.full((36, 64, 3), (30, 60, 20 * number), np.uint8)
        )
    source = PlateSource(str(tmp_path / "frame.%d.png"), rate=Fraction(24))
    source.start_at(0)
    frames = list(read_all(source))
    red = [int(rgb_from_yuv420(frame.picture)[0].mean()) for frame in frames]
    assert source.format.rate == 24
    assert np.abs(np.array(red) - [20, 40, 200]).max() <= 3


def test_a_folder_of_images_is_a_sequence(tmp_path: Path) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number:04d}.jpg"), np.full((36, 64, 3), 90, np.uint8))
    source = PlateSource(str(tmp_path))
    source.start_at(0)
    assert len(list(read_all(source))) == 3


def test_an_odd_sized_picture_is_cut_to_even(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0.png"), np.full((37, 65, 3), 90, np.uint8))
    source = PlateSource(str(tmp_path))
    source.start_at(0)
    (frame,) = read_all(source)
    assert (frame.picture.width, frame.picture.height) == (64, 36)
    assert frame.picture.u.shape == (18, 32)


@pytest.mark.parametrize(
    ("name", "words"), [("gone.mp4", "no such picture"), ("gone.%04d.png", "no images found")]
)
def test_a_missing_picture_is_named(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(PlateNotFound, match=words) as caught:
        PlateSource(str(tmp_path / name))
    assert str(tmp_path) in caught.value.line


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(np.random.default_rng(1).bytes(5000))
    with pytest.raises(PlateBroken, match="not a readable picture"):
        PlateSource(str(tmp_path / "clip.mp4"))


def test_a_clip_cut_off_before_its_index_is_refused(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(PlateBroken, match="cut off before its index"):
        PlateSource(str(clip))


def test_a_clip_cut_off_after_its_index_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 40, (320, 180), {"movflags": "faststart"})
    data = clip.read_bytes()
    clip.write_bytes(data[: data.index(b"mdat") + 2000])
    source = PlateSource(str(clip))
    source.start_at(0)
    frames = list(read_all(source))
    assert 0 < len(frames) < 40
    assert source.trouble is not None
    assert "clip.mp4" in source.trouble.line


def test_a_source_that_will_not_wait_is_known_by_its_name() -> None:
    assert is_live("/dev/video0")
    assert is_live("rtsp://127.0.0.1/cam")
    assert is_live("srt://127.0.0.1:9000")
    assert not is_live("udp:127.0.0.1:55555")
    assert not is_live("/clips/a.mp4")


def test_a_silent_address_says_what_to_check() -> None:
    with pytest.raises(PlateNotFound, match="Check that the device is plugged in"):
        PlateSource("rtsp://127.0.0.1:9/none")


def test_a_clip_trimmed_on_the_phone_is_whole(tmp_path: Path) -> None:
    """Trimming in place hides frames behind an edit list: they are in the file and are not shown."""
    whole, trimmed = tmp_path / "whole.mp4", tmp_path / "trimmed.mp4"
    with av.open(str(whole), "w") as target:
        stream = target.add_stream("libx264", rate=25, options={"g": "12", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(50):
            picture = np.full((72, 64), 60 + level, np.uint8)
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        target.mux(stream.encode())
    with av.open(str(whole)) as source, av.open(str(trimmed), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                shift = round(Fraction(8, 25) / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                target.mux(packet)
    with av.open(str(trimmed)) as container:
        assert container.streams.video[0].frames == 50
    plate = PlateSource(str(trimmed))
    plate.start_at(0)
    assert len(list(read_all(plate))) == 42
    assert plate.trouble is None


def test_a_clip_of_variable_rate_keeps_each_frames_own_moment(tmp_path: Path) -> None:
    """As a phone writes them: frames come when the light allowed."""
    moments_ms = [0, 33, 66, 120, 160, 260, 300]
    path = tmp_path / "phone.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for moment in moments_ms:
            frame = av.VideoFrame.from_ndarray(np.full((54, 64), 128, np.uint8), format="yuv420p")
            frame.pts, frame.time_base = moment, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    source = PlateSource(str(path))
    source.start_at(0)
    found = [round(frame.time_ns / 1e6) for frame in read_all(source)]
    assert found == pytest.approx(moments_ms, abs=2)


def test_a_protocol_this_ffmpeg_does_not_speak_is_named() -> None:
    with pytest.raises(PlateNotFound, match=r"does not speak srt|cannot be opened"):
        _open("srt://127.0.0.1:9")


def test_a_network_picture_arrives_and_is_never_waited_for() -> None:
    """A real sender on loopback: H.264 in MPEG-TS over UDP. What waited at the opening is not shown."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = threading.Event()
    sender = threading.Thread(target=send_stream, args=(f"udp://127.0.0.1:{port}", done), daemon=True)
    sender.start()
    source = PlateSource(f"udp://127.0.0.1:{port}")
    source.start_at(0)
    frames = [frame for frame in (source.queue.get(10) for _ in range(12)) if frame is not None]
    done.set()
    source.stop()
    sender.join(10)
    assert len(frames) == 12
    assert (source.format.live, source.format.width, source.format.height) == (True, 64, 36)
    gaps = np.diff([frame.time_ns for frame in frames]) / 1e6
    assert np.median(gaps) == pytest.approx(40, abs=12)
    assert frames[0].index == 0


def send_stream(url: str, done: threading.Event) -> None:
    """H.264 in MPEG-TS at 25 frames a second until told to stop."""
    for _ in range(50):
        try:
            container = av.open(url, "w", format="mpegts", timeout=5.0)
            break
        except OSError:
            time.sleep(0.1)
    with suppress(OSError, av.error.FFmpegError), container:
        stream = container.add_stream(
            "libx264", rate=25, options={"tune": "zerolatency", "g": "5", "preset": "ultrafast"}
        )
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for number in range(500):
            frame = av.VideoFrame.from_ndarray(np.full((54, 64), 128, np.uint8), format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
            if done.wait(0.04):
                return


def test_a_blank_plate_is_flat_green_in_real_time_and_has_no_end() -> None:
    source = PlateSource("blank:320x180", rate=Fraction(50))
    assert (source.format.width, source.format.height, source.realtime) == (320, 180, True)
    start_ns = time.monotonic_ns()
    source.start_at(start_ns)
    frames = [frame for _, frame in zip(range(8), read_all(source), strict=False)]
    source.stop()
    # Fifty a second: each 20 ms after the one before, from the start.
    assert [frame.time_ns - start_ns for frame in frames] == [n * 20_000_000 for n in range(8)]
    rgb = rgb_from_yuv420(frames[0].picture)
    assert np.abs(rgb.reshape(3, -1).mean(axis=1) - [40, 150, 60]).max() < 2
    assert rgb.reshape(3, -1).std(axis=1).max() < 1


@pytest.mark.parametrize(
    "text", ["blank:", "blank:1281x720", "blank:8x8", "blank:9999x9999", "blank:1x"]
)
def test_a_blank_plate_of_no_size_is_refused(text: str) -> None:
    with pytest.raises(PlateNotFound, match="blank:1280x720"):
        PlateSource(text)
