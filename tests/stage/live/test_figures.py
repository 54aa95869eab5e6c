from __future__ import annotations

import orjson

from openset.stage.live.figures import Figures, SourceFigures, as_json
from openset.stage.tracking.flow import Spread


def test_figures_for_programs_are_plain_numbers() -> None:
    spread = Spread(0.12345, 1.5)
    source = SourceFigures("FreeD camera 1", 50, 50.004, 1, 2, 3, None)
    figures = Figures(1.00049, 50, 50.004, 100.0, (source,), 1, 2, 3, spread, None, {"bad": 4})
    answer = orjson.loads(orjson.dumps(as_json(figures)))
    assert answer == {
        "seconds": 1.0, "samples": 50, "rate_in_hz": 50.0, "rate_out_hz": 100.0, "lost": 1,
        "out_of_order": 2, "repeated": 3, "jitter_ms": {"median": 0.123, "p99": 1.5}, "age_ms": None,
        "faults": {"bad": 4}, "outputs": [], "ignored": [],
        "sources": [
            {
                "source": "FreeD camera 1", "samples": 50, "rate_hz": 50.0, "lost": 1,
                "out_of_order": 2, "repeated": 3, "jitter_ms": None,
            }
        ],
    }  # fmt: skip
