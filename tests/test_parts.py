"""What an office node installs, `openset[hub]`, is enough to read, verify and serve records."""

import os
import subprocess
import sys
from pathlib import Path

OFFICE = """
import importlib.abc, sys

STAGE_ONLY = ("cv2", "numba", "pxr", "wgpu", "OpenEXR", "opentimelineio")

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in STAGE_ONLY:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import django
django.setup()
import openset.cli.main, openset.hub.milestones.files, openset.site.urls, openset.stage.record.files
from pathlib import Path
from openset.stage.record.files import verify_take
print(verify_take(Path(sys.argv[1])).failures[0].where)
"""


def test_the_office_needs_no_part_of_the_stage(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFICE, str(tmp_path)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "openset.site.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "take.toml"
