"""The docs cannot rot: what they say of commands, exit codes and rooms is compared with the program."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "tools" / "write_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_commands_page_is_what_the_program_says_of_itself(writer: ModuleType) -> None:
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == writer.commands_page(), "run: python tools/write_docs.py"


def test_the_exit_codes_page_is_what_the_program_does(writer: ModuleType) -> None:
    written = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert written == writer.exit_codes_page(), "run: python tools/write_docs.py"


def test_the_ladder_in_architecture_is_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    layers = {c["containers"][0]: " -> ".join(c["layers"]) for c in contracts if c["type"] == "layers"}
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    ladder = page.split("```")[1]
    assert layers["openset"] in ladder
    assert f"stage: {layers['openset.stage']}" in ladder
    assert f"hub: {layers['openset.hub']}" in ladder


PAGES = sorted(p for p in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if p.name != "LICENSE")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_in_the_docs_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_shown_in_the_docs_exists(page: Path) -> None:
    from openset.cli.main import app

    verbs = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}
    verbs |= {group.typer_instance.info.name for group in app.registered_groups}
    for verb in re.findall(r"(?m)^\s*(?:\$ )?openset ([a-z]+)", page.read_text(encoding="utf-8")):
        assert verb in verbs, f"{page.name} shows openset {verb}"


def test_no_page_names_a_registry_or_a_lock_file() -> None:
    for page in [
        *PAGES,
        *(ROOT / "requirements").glob("*"),
        ROOT / "package.json",
        ROOT / "pyproject.toml",
    ]:
        text = page.read_text(encoding="utf-8")
        assert not re.search(
            r"https?://(?!127\.0\.0\.1|www\.w3\.org|localhost)\S*(pypi|npmjs|registry|deb\.)", text
        ), page
    assert not list(ROOT.glob("package-lock.json"))
    assert not list(ROOT.glob("uv.lock"))
