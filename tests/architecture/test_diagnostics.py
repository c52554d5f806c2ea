"""Every coded diagnostic is declared once, documented, and triggered by a test."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter

import pytest

import tinycompile
from tests.architecture.project import ROOT, name_of, python_files
from tinycompile import errors

#: Of extras; modules that need them declare no codes.
EXTRAS = ("torch", "optuna")

for _module in pkgutil.walk_packages(tinycompile.__path__, "tinycompile."):
    if not _module.name.endswith("__main__"):
        try:
            importlib.import_module(_module.name)
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise

CODES = sorted(errors.CATALOGUE)
#: Code -> why no test can trigger it.
UNTESTABLE: dict[str, str] = {}
_CODE = re.compile(r"\bTC\d{3}\b")


def test_declared_once_and_next_to_their_use() -> None:
    found = [
        code
        for path in python_files("tinycompile")
        for code in re.findall(r'declare\(\s*"(TC\d{3})"', path.read_text(encoding="utf-8"))
    ]
    assert sorted(found) == CODES


@pytest.mark.parametrize("code", CODES)
def test_documented(code: str) -> None:
    title, explanation = errors.CATALOGUE[code]
    assert title and explanation.endswith(".")
    assert f"### {code}: {title}\n" in (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")


def test_each_is_raised_somewhere() -> None:
    """The name that a code is bound to appears a second time."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in python_files("tinycompile"))
    words = Counter(re.findall(r"\w+", text))
    assert not [name for name in re.findall(r"^(\w+) = declare\(", text, re.MULTILINE) if words[name] < 2]


def test_no_document_or_message_names_a_code_that_does_not_exist() -> None:
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    paths = [*python_files("tinycompile"), *documents]
    wrong = {
        (name_of(path), code)
        for path in paths
        for code in _CODE.findall(path.read_text(encoding="utf-8"))
        if code not in errors.CATALOGUE
    }
    assert not wrong


def test_each_has_a_test() -> None:
    here = python_files("tests/architecture")
    text = "".join(p.read_text(encoding="utf-8") for p in python_files("tests") if p not in here)
    assert set(CODES) - set(_CODE.findall(text)) == UNTESTABLE.keys()
