"""The page: complete, self-contained, and safe whatever people wrote."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest

from openset.stage.deliver.page import duration_words, passport_page, rate_words, size_words


class Reader(HTMLParser):
    """The page as a browser takes it: tags with attributes, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def passport(shot_once: tuple[Any, Path]) -> dict[str, Any]:
    return dict(orjson.loads((shot_once[1] / "passport.json").read_bytes()))


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_the_page_says_its_language_and_title(passport: Any) -> None:
    reader = read(passport_page(passport, "0" * 32))
    assert ("html", {"lang": "en"}) in reader.tags
    assert "Lane & Sons" in reader.text
    assert [tag for tag, _ in reader.tags].count("h1") == 1


def test_the_page_runs_and_loads_nothing_but_pictures_beside_it(passport: Any, shot_once: Any) -> None:
    page = passport_page(passport, "0" * 32)
    reader = read(page)
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in reader.tags}
    assert not [name for _, attrs in reader.tags for name in attrs if name.startswith("on")]
    assert "url(" not in page
    assert "@import" not in page
    pictures = [attrs["src"] for tag, attrs in reader.tags if tag == "img"]
    assert len(pictures) == 2
    assert all((shot_once[1] / str(picture)).is_file() for picture in pictures)
    assert all(attrs.get("alt") for tag, attrs in reader.tags if tag == "img")


def test_what_people_wrote_is_shown_and_never_obeyed(passport: Any) -> None:
    hostile = orjson.loads(orjson.dumps(passport).replace(b"Lane & Sons", b"<script>alert(1)</script>"))
    hostile["takes"][0]["marks"]["note"] = '"><img src=x onerror=alert(1)>'
    hostile["takes"][0]["faults"] = [{"timecode": "01:00:00:00", "kind": "<b>", "text": "</table>"}]
    hostile["takes"][0]["folder"] = 'takes/"><script>'
    reader = read(passport_page(hostile, "0" * 32))
    tags = {tag for tag, _ in reader.tags}
    assert "script" not in tags
    assert "b" not in tags
    assert not [name for _, attrs in reader.tags for name in attrs if name.startswith("on")]
    assert "<script>alert(1)</script>" in reader.text


def test_trouble_is_said_by_word_and_shape(passport: Any) -> None:
    text = read(passport_page(passport, "0" * 32)).text
    assert "✓ every frame recorded, each with a fresh pose" in text
    assert "△ 2 frames with a held pose" in text
    assert "went silent" in text


def test_every_file_its_hash_and_the_passports_own_are_printed(passport: Any) -> None:
    text = read(passport_page(passport, "ab" * 16)).text
    for entry in passport["files"]:
        assert entry["path"] in text
        assert entry["xxh128"] in text
    assert "ab" * 16 in text


def test_every_table_column_has_a_head(passport: Any) -> None:
    reader = read(passport_page(passport, "0" * 32))
    heads = [attrs for tag, attrs in reader.tags if tag == "th"]
    assert heads
    assert all(attrs.get("scope") in ("col", "row") for attrs in heads)


def test_a_take_without_lens_or_key_is_still_told(passport: Any) -> None:
    passport = {**passport, "takes": [{**passport["takes"][0], "lens": None, "key": None}]}
    text = read(passport_page(passport, "0" * 32)).text
    assert "not known" in text
    assert "not measured" in text


@pytest.mark.parametrize(
    ("count", "words"),
    [(7, "7 bytes"), (61019, "61 kB"), (95265801, "95.3 MB"), (1_240_000_000, "1.24 GB")],
)
def test_sizes_are_told_as_people_say_them(count: int, words: str) -> None:
    assert size_words(count) == words


def test_rates_and_durations_are_told_as_people_say_them() -> None:
    assert rate_words("30000/1001") == "29.97 fps"
    assert rate_words("25") == "25 fps"
    assert duration_words(8.8) == "8.8 s"
    assert duration_words(723.4) == "12 min 03 s"
