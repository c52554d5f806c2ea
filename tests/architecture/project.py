"""The project's own files, as the rules of this folder see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tinycompile"
RUNTIME = ROOT / "runtime_c"
_TEXT = {".py", ".c", ".h", ".in", ".toml", ".md", ".j2", ".yml", ".cfg"}
_FOLDERS = ("tinycompile", "runtime_c", "boards", "tests", "docs", "tools", "benchmarks")


@cache
def python_files(folder: str) -> tuple[Path, ...]:
    """All Python files below a folder of the project."""
    return tuple(sorted((ROOT / folder).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """The path below the project's root, with slashes."""
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports, and of what it takes out of them."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {name_of(path)}"
            module = str(node.module)
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def importers(module: str, folder: str = "tinycompile") -> set[str]:
    """The files that import a module or something below it."""
    return {
        name_of(path)
        for path in python_files(folder)
        if any(name == module or name.startswith(f"{module}.") for name in imported(path))
    }


def text_files() -> Iterator[Path]:
    """Every text file of the project."""
    for folder in _FOLDERS:
        yield from (p for p in sorted((ROOT / folder).rglob("*")) if p.suffix in _TEXT and p.is_file())
    yield from sorted(p for p in ROOT.iterdir() if p.suffix in _TEXT and p.is_file())
