"""The benchmark of memory plans goes on where it stopped, and says where a proof fails."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.memory import Network, document, keep, known
from benchmarks.memory_cases import CASES
from benchmarks.memory_measure import Planned, Whole
from benchmarks.memory_proof import Proof

_CASE = CASES[0]
_HOLDS = Proof(True, True, True, True, 0, 0, 2e6)


def _line(proof: Proof | None) -> Planned:
    return Planned(_CASE.key, _CASE.goal, 60_000, 0.0, 50_000, "all whole", 1.5, proof)


def _networks(line: Planned) -> dict[str, Network]:
    found = {case.network: Network() for case in CASES}
    found[_CASE.network] = Network({line.key: line}, Whole(10, 90_000, 1e6))
    return found


def test_what_was_kept_is_known(tmp_path: Path) -> None:
    proof = replace(_HOLDS, qemu=False, findings=("QEMU: other outputs",))
    networks = _networks(_line(proof))
    keep(tmp_path / "kept.json", networks)
    assert known(tmp_path / "kept.json") == networks
    assert known(tmp_path / "none.json") == {case.network: Network() for case in CASES}


def test_lines_of_another_form_are_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    keep(path, _networks(_line(_HOLDS)))
    data = json.loads(path.read_text(encoding="utf-8"))
    del data[_CASE.network]["plans"][0]["proof"]["outside"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert known(path)[_CASE.network].lacks(_CASE, run=False)


def test_planned_lines_lack_their_proof() -> None:
    network = _networks(_line(None))[_CASE.network]
    assert network.lacks(_CASE, run=True) and not network.lacks(_CASE, run=False)


@pytest.mark.parametrize(
    ("proof", "cells"),
    [
        (_HOLDS, ["yes", "yes", "yes", "yes", "0", "0"]),
        (replace(_HOLDS, checker=False, outside=1_200), ["NO", "yes", "yes", "yes", "1,200", "0"]),
        (
            replace(_HOLDS, emulator=False, outside=None, unwritten=None),
            ["yes", "yes", "NO", "yes", "-", "-"],
        ),
        (None, ["-"] * 6),
    ],
)
def test_the_table_says_what_holds(proof: Proof | None, cells: list[str]) -> None:
    text = document(_networks(_line(proof)))
    row = next(line for line in text.splitlines() if line.startswith(f"| {_CASE.network} "))
    assert [cell.strip() for cell in row.split("|")][11:17] == cells
    assert ("2.000" in row) == (proof is not None)
    assert f"1 of 1 met, {int(proof == _HOLDS)} proven." in text
