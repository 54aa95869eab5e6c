"""Files in ranges, and never one from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.http import Http404
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from openset.site.media import byte_range, content_type, file_response, inside


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(200)))
    return path


def body(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_a_whole_file_says_that_it_can_be_scrubbed(clip: Path) -> None:
    response = file_response(RequestFactory().get("/"), clip)
    assert response.status_code == 200
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Length"] == "200"
    assert response.headers["Content-Type"] == "video/mp4"
    assert body(response) == bytes(range(200))


@pytest.mark.parametrize(
    ("header", "first", "length"),
    [("bytes=0-9", 0, 10), ("bytes=190-", 190, 10), ("bytes=-5", 195, 5), ("bytes=150-999", 150, 50)],
)
def test_a_range_is_answered_with_those_bytes(clip: Path, header: str, first: int, length: int) -> None:
    response = file_response(RequestFactory().get("/", headers={"range": header}), clip)
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {first}-{first + length - 1}/200"
    assert body(response) == bytes(range(first, first + length))


@pytest.mark.parametrize("header", ["bytes=200-", "bytes=9-3", "bytes=-0"])
def test_a_range_outside_the_file_is_refused_with_its_size(clip: Path, header: str) -> None:
    response = file_response(RequestFactory().get("/", headers={"range": header}), clip)
    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */200"


def test_a_range_that_is_the_whole_file_is_still_a_range(clip: Path) -> None:
    response = file_response(RequestFactory().get("/", headers={"range": "bytes=0-"}), clip)
    assert (response.status_code, response.headers["Content-Range"]) == (206, "bytes 0-199/200")


def test_a_range_of_absurd_length_is_not_understood(clip: Path) -> None:
    header = f"bytes={'9' * 5000}-"
    response = file_response(RequestFactory().get("/", headers={"range": header}), clip)
    assert response.status_code == 200


def test_several_ranges_at_once_get_the_whole_file(clip: Path) -> None:
    response = file_response(RequestFactory().get("/", headers={"range": "bytes=0-1,4-5"}), clip)
    assert response.status_code == 200
    assert len(body(response)) == 200


def test_an_unchanged_file_is_not_sent_again_and_a_changed_one_is(clip: Path) -> None:
    etag = file_response(RequestFactory().head("/"), clip).headers["ETag"]
    again = RequestFactory().get("/", headers={"if-none-match": etag})
    assert file_response(again, clip).status_code == 304
    clip.write_bytes(b"other")
    assert file_response(again, clip).status_code == 200


def test_a_range_of_a_file_that_has_changed_since_gets_the_new_whole(clip: Path) -> None:
    headers = {"range": "bytes=0-9", "if-range": '"old"'}
    response = file_response(RequestFactory().get("/", headers=headers), clip)
    assert response.status_code == 200
    assert len(body(response)) == 200


def test_head_sends_the_size_and_no_bytes(clip: Path) -> None:
    response = file_response(RequestFactory().head("/"), clip)
    assert response.headers["Content-Length"] == "200"
    assert not response.streaming


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "a/../../secret",
        "/etc/passwd",
        "link",
        "linked/secret",
        "",
        ".",
        "\0",
        "x" * 5000,
        "a",
    ],
)
def test_nothing_outside_the_folder_is_ever_opened(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "take"
    (folder / "a").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    os.symlink(tmp_path / "secret", folder / "link")
    os.symlink(tmp_path, folder / "linked")
    with pytest.raises(Http404):
        inside(folder, name)


def test_a_file_inside_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text("x")
    assert inside(tmp_path, "a/b.txt") == (tmp_path / "a" / "b.txt").resolve()


def test_a_page_inside_a_delivery_can_run_nothing(tmp_path: Path) -> None:
    page = tmp_path / "passport.html"
    page.write_text("<script>alert(1)</script>")
    response = file_response(RequestFactory().get("/"), page)
    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("name", ["picture.svg", "ascmhl.xml", "unknown.bin"])
def test_types_a_browser_could_run_go_out_as_downloads(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("<svg/>")
    response = file_response(RequestFactory().get("/"), path)
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_the_records_of_a_take_are_shown_as_text() -> None:
    assert content_type(Path("take.toml")).startswith("text/plain")
    assert content_type(Path("track.otrk.jsonl")) == "application/x-ndjson"


@given(st.text(max_size=30), st.integers(0, 10_000))
def test_any_range_header_gives_bytes_of_the_file_or_none(header: str, size: int) -> None:
    found = byte_range(header, size)
    if found is not None:
        start, length = found
        assert 0 <= start <= size
        assert 0 <= length <= size - start


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 400))
def test_a_range_inside_the_file_is_exact(first: int, more: int, size: int) -> None:
    found = byte_range(f"bytes={first}-{first + more}", size)
    if first >= size:
        assert found is None
    else:
        assert found == (first, min(first + more, size - 1) - first + 1)
