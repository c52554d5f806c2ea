"""plan.json of programs that fetch weights: certified as it is, refused where a read goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.networks.outside import compiled, fed, spread, streamed, streamed_apart
from tinycompile.check import check_plan, plan_text
from tinycompile.check.document import FetchEntry, PlanFile
from tinycompile.check.text import read_plan
from tinycompile.compiler import Compilation
from tinycompile.errors import VerificationError
from tinycompile.planfile import plan_json

K = 1 << 10


def _text(found: Compilation) -> str:
    return plan_json(found.program, found.board)


@pytest.mark.parametrize(
    "make",
    [
        lambda: compiled("fetch"),
        lambda: compiled("fetch", 16 * K, 22 * K),
        lambda: spread("4K", "16K"),
        lambda: spread("8K", "512K"),
        streamed,
        streamed_apart,
        fed,
    ],
    ids=["plain", "parts", "regions", "staging apart", "stage", "stage in regions", "rows"],
)
def test_plans_that_fetch_are_certified(make: Callable[[], Compilation]) -> None:
    found = make()
    plan = read_plan(_text(found), "plan.json")
    assert [(f.step, f.begin, f.offset, f.size) for f in plan.fetches] == [
        (f.step, f.begin, f.target, f.size) for f in found.program.fetches
    ]
    assert plan.fetches and check_plan(_text(found)).arena == found.program.arena


def test_plans_that_fetch_nothing_say_nothing_of_it() -> None:
    assert '"fetches"' not in _text(compiled("qspi"))


def _with(plan: PlanFile, index: int, **changed: int) -> PlanFile:
    fetches: list[FetchEntry] = list(plan.fetches)
    fetches[index] = replace(fetches[index], **changed)  # type: ignore[arg-type]
    return replace(plan, fetches=tuple(fetches))


def _late(plan: PlanFile) -> PlanFile:
    return _with(plan, -1, begin=plan.fetches[-1].step + 1)


def _early(plan: PlanFile) -> PlanFile:
    return _with(plan, 1, begin=plan.fetches[0].begin - 1)


def _longer_ahead(plan: PlanFile) -> PlanFile:
    """It is begun ahead of where its buffer lives."""
    index = next(i for i, f in enumerate(plan.fetches) if i and f.begin > plan.fetches[i - 1].step)
    return _with(plan, index, begin=plan.fetches[index].begin - 1)


def _elsewhere(plan: PlanFile) -> PlanFile:
    return _with(plan, 0, offset=plan.fetches[0].offset + 32)


def _missing(plan: PlanFile) -> PlanFile:
    return replace(plan, fetches=plan.fetches[:-1])


def _onto_the_result(plan: PlanFile) -> PlanFile:
    """Buffer and read lie where the call's result goes."""
    fetch = plan.fetches[-1]
    place = plan.steps[fetch.step].outs[0]
    assert place is not None
    buffers = tuple(replace(b, offset=place) if b.values == (fetch.value,) else b for b in plan.buffers)
    return _with(replace(plan, buffers=buffers), -1, offset=place)


@pytest.mark.parametrize("broken", [_late, _early, _longer_ahead, _elsewhere, _missing, _onto_the_result])
def test_reads_that_go_wrong_are_refused(broken: Callable[[PlanFile], PlanFile]) -> None:
    plan = read_plan(_text(compiled("fetch", 16 * K, 24 * K)), "plan.json")
    with pytest.raises(VerificationError, match=r"TC91[1-5]"):
        check_plan(plan_text(broken(plan)))
