"""The verdict on a map stays with it."""

from __future__ import annotations

from pathlib import Path

from openset.stage.markers.files import read_map, write_map
from openset.stage.markers.finding import Finding
from openset.stage.markers.model import TagMap
from openset.stage.markers.quality import MapQuality
from openset.stage.markers.verdict import unusable, with_verdict

HINT = Finding("few", (), "few pictures", "walk longer")
MOVED = Finding("moved", (7,), "tag 7 moved by 4 cm", "Hang it fast and walk again", grave=True)


def judged(*findings: Finding) -> MapQuality:
    return MapQuality((), 0.001, 0.002, findings)


def test_a_map_with_a_grave_finding_is_refused_from_its_file_with_what_to_do(tmp_path: Path) -> None:
    path = write_map(tmp_path / "tags.json", with_verdict(TagMap({}), judged(HINT, MOVED)))
    trouble = unusable(read_map(path), path)
    assert trouble is not None
    assert trouble.exit_code == 30
    assert trouble.line == (
        f"{path}: the map is not good enough to track on: tag 7 moved by 4 cm. "
        "Hang it fast and walk again"
    )


def test_a_hint_makes_no_map_bad_and_a_mended_map_is_good_again() -> None:
    bad = with_verdict(TagMap({}, notes={"made": "today"}), judged(MOVED))
    mended = with_verdict(bad, judged(HINT))
    assert dict(mended.notes) == {"made": "today"}
    assert unusable(mended, Path("tags.json")) is None
