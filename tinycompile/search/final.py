"""Which candidates are trained to the end, and their training and export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tinycompile.errors import DoesNotFitError, ToolchainError
from tinycompile.measure import measure
from tinycompile.search.candidate import Candidate, Cost, pareto, winners
from tinycompile.search.context import Notify, Search
from tinycompile.search.describe import architecture
from tinycompile.search.network_onnx import onnx_model
from tinycompile.search.record import Record, Winner
from tinycompile.search.trainer import Trainer

MODEL, CODE, POINTS = "model.onnx", "c", "points"


def train_winners(
    record: Record,
    search: Search,
    folder: Path,
    candidates: Sequence[Candidate],
    trainer: Trainer,
    notify: Notify,
) -> Record:
    """Train the winners to the end and write their ONNX; what an interrupted run has trained is kept.

    Raises:
        DoesNotFitError: TC843, the linked image of no candidate is within the budgets.
    """
    known = {w.number: w for w in record.winners}
    done: list[Winner] = []
    for candidate in chosen(search, candidates, search.settings.winners):
        winner = known.get(candidate.number)
        if winner is None or not (folder / winner.model).is_file():
            notify.stage(f"train network {len(done) + 1} of {search.settings.winners}")
            winner = _trained(candidate, len(done), search, folder, trainer)
        done.append(winner)
        record = replace(record, winners=tuple(done))
        record.save(folder)
    if not done:
        raise search.gate.nothing()
    return record


def chosen(search: Search, candidates: Sequence[Candidate], count: int) -> Iterator[Candidate]:
    """The most accurate candidate and others spread over the front, all within the budgets when linked.

    Their code is measured where a compiler is there, with random weights; one that is over is passed over.
    """
    left, given = list(candidates), list[Candidate]()
    while left and len(given) < count:
        front = pareto(left, search.settings.minimise)
        wanted = winners(front, len(given) + 1)
        fresh = next((c for c in wanted if c.digest not in {g.digest for g in given}), None)
        if fresh is None:
            return
        cost = _measured(search, fresh)
        if cost is None or search.budgets.missed(cost):
            left = [c for c in left if c.digest != fresh.digest]
            continue
        given.append(replace(fresh, cost=cost))
        yield given[-1]


def _measured(search: Search, candidate: Candidate) -> Cost | None:
    """The cost with the code of a linked image; None where the board cannot hold it."""
    network = search.gate.network(candidate.point)
    try:
        code = measure(search.costs.compiled(network, candidate.cost.ram)).code
    except DoesNotFitError:
        return None
    except ToolchainError:
        code = None
    return candidate.cost if code is None else replace(candidate.cost, code=code, measured=True)


def _trained(candidate: Candidate, index: int, search: Search, folder: Path, trainer: Trainer) -> Winner:
    """A winner with its model on disk: the first at the top of the folder, others below `points`."""
    network = search.gate.network(candidate.point)
    found = trainer.finish(network)
    below = "" if index == 0 else f"{POINTS}/{index + 1}/"
    target = folder / f"{below}{MODEL}"
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{MODEL}.new")
    staged.write_bytes(onnx_model(found.quantised, "network").SerializeToString())
    staged.replace(target)
    return Winner(
        number=candidate.number,
        point=dict(candidate.point),
        architecture=architecture(search.space, candidate.point, search.task),
        cost=candidate.cost,
        promised=candidate.accuracy,
        model=f"{below}{MODEL}",
        folder=f"{below}{CODE}",
        ram=candidate.cost.ram,
        real=found.real,
        quantised=found.accuracy,
    )
