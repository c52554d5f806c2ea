"""Files and functions stay small enough to read in one sitting."""

from __future__ import annotations

import ast

from tests.architecture.project import RUNTIME, name_of, python_files, tree

FILE_LINES, FUNCTION_LINES = 350, 60
#: Name -> why it may be longer.
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}

_PYTHON = [p for folder in ("tinycompile", "tests", "tools", "benchmarks") for p in python_files(folder)]
_C = [p for pattern in ("*.c", "*.h") for p in sorted(RUNTIME.rglob(pattern))]


def test_files() -> None:
    lengths = {name_of(p): len(p.read_text(encoding="utf-8").splitlines()) for p in (*_PYTHON, *_C)}
    assert {n: c for n, c in lengths.items() if c >= FILE_LINES}.keys() == LONGER_FILES.keys()


def test_python_functions() -> None:
    found = {}
    for path in _PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                found[f"{name_of(path)}:{node.name}"] = node.end_lineno - node.lineno + 1
    assert {n: c for n, c in found.items() if c >= FUNCTION_LINES}.keys() == LONGER_FUNCTIONS.keys()


def test_c_functions() -> None:
    """A function starts at the margin, in a line that ends with or is a brace, and ends with one there."""
    found = {}
    for path in _C:
        start, name = None, ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            if line and not line[0].isspace() and line.rstrip().endswith("{") and "extern" not in line:
                start, name = number, line
            elif line.startswith("}") and start is not None:
                found[f"{name_of(path)}: {name}"] = number - start + 1
                start = None
    assert found
    assert not {n: c for n, c in found.items() if c >= FUNCTION_LINES}
