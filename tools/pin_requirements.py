"""Write requirements/all.txt and dev.txt again from pyproject.toml: exact pins, names and versions only."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMPILE = [sys.executable, "-m", "uv", "pip", "compile", "-q", "--python-version", "3.11"]
PLAIN = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--upgrade"]


def main() -> None:
    """Compile both files; `uv` is fetched into the environment first."""
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "uv"], check=True)
    pins = ROOT / "requirements"
    project = str(ROOT / "pyproject.toml")
    subprocess.run(
        [*COMPILE, *PLAIN, "--extra", "all", project, "-o", str(pins / "all.txt")], check=True
    )
    subprocess.run(
        [*COMPILE, *PLAIN, "--extra", "all", project, str(pins / "dev.in"),
         "-c", str(pins / "all.txt"), "-o", str(pins / "dev.txt")],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
