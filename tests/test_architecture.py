"""The shape of the house: pure files stay pure, every module has its test and says what it is for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "openset"
TESTS = Path(__file__).resolve().parent

WORLDLY_MODULES = {
    "asyncio", "http", "multiprocessing", "os", "random", "secrets", "shutil", "socket", "sqlite3",
    "subprocess", "tempfile", "threading", "time", "urllib", "av", "django", "httpx", "wgpu",
    "websockets",
}  # fmt: skip
WORLDLY_FILES = {
    "live.py", "files.py", "gpu.py", "rig.py", "__main__.py",
    "models.py", "views.py", "forms.py", "urls.py", "admin.py", "apps.py", "services.py",
}  # fmt: skip
WORLDLY_FOLDERS = ("cli/", "site/", "store/", "stage/live/", "stage/exchange/")
WORLDLY_PARTS = {"migrations", "management", "templatetags"}
NO_TEST_NEEDED = {"__init__.py", "__main__.py", "apps.py", "urls.py", "admin.py", "asgi.py"}

MODULES = sorted(
    path.relative_to(SOURCE) for path in SOURCE.rglob("*.py") if "vendor" not in path.parts
)


# Exceptions, in the open: (module, import) and why.
ALLOWED = {
    ("stage/record/movie.py", "av"),  # encodes in memory; where the bytes go is handed in
}


def may_touch_the_world(module: Path) -> bool:
    """House rule: the file's name, or its room, says whether it does I/O."""
    text = module.as_posix()
    return (
        module.name in WORLDLY_FILES
        or text.startswith(WORLDLY_FOLDERS)
        or bool(WORLDLY_PARTS & set(module.parts))
    )


def imports_of(module: Path) -> set[str]:
    """Top-level names of everything the module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((SOURCE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_pure_file_does_no_io(module: Path) -> None:
    if not may_touch_the_world(module):
        allowed = {name for place, name in ALLOWED if place == module.as_posix()}
        assert not (imports_of(module) & WORLDLY_MODULES) - allowed


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_has_a_test_where_you_would_look(module: Path) -> None:
    if module.name in NO_TEST_NEEDED or WORLDLY_PARTS & set(module.parts):
        return
    mirrored = TESTS / module.parent / f"test_{module.name}"
    assert mirrored.is_file(), f"write {mirrored.relative_to(TESTS.parent)}"
    functions = [
        node
        for node in ast.walk(ast.parse(mirrored.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert functions, f"{mirrored.name} tests nothing"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_opens_with_what_it_is_for(module: Path) -> None:
    if "migrations" in module.parts:
        return
    tree = ast.parse((SOURCE / module).read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), f"{module} has no opening sentence"
