"""`tinycompile check`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.cli.tool import call


def test_check_certifies_a_folder(compiled: Path) -> None:
    said = call("check", compiled)
    assert said.code == 0
    assert "it holds" in said.out and "every byte that is read" in said.out
    found = call("check", compiled, "--json").object
    summary = json.loads((compiled / ".tinycompile" / "summary.json").read_text(encoding="utf-8"))
    assert found["holds"] is True and found["arena"] == summary["ram"]["arena"]
    assert found["gap"] == found["arena"] - found["bound"]


def test_check_refuses_an_edited_plan(compiled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "edited"
    shutil.copytree(compiled, folder)
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    plan["steps"][1]["outs"][0] += 4
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    said = call("check", folder, "--json")
    assert said.code == 1 and said.codes[0].startswith("TC91")
    assert "step 1" in said.err


def test_check_needs_a_folder_of_compile(tmp_path: Path) -> None:
    said = call("check", tmp_path, "--json")
    assert (said.code, said.codes) == (2, ["TC703"])
