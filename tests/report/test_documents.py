"""What is generated in the documents is up to date, and what they say of commands is true."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "tools" / "generate_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_up_to_date(tool: ModuleType) -> None:
    stale = [p.name for p, text in tool.generated().items() if p.read_text(encoding="utf-8") != text]
    assert not stale, "run `python tools/generate_docs.py`"


def test_every_code_has_its_group(tool: ModuleType) -> None:
    text = tool.diagnostics()
    from tinycompile.errors import CATALOGUE

    assert all(f"### {code}: " in text for code in CATALOGUE)


def test_readme_has_the_two_commands() -> None:
    blocks = re.findall(r"```\n(.*?)\n```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert 'pip install ".[demo]" && tinycompile demo' in blocks
    assert 'pip install ".[test]" && pytest' in blocks


def test_links_lead_somewhere() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
