"""The last choice among candidates: a few of different sizes are trained by themselves, for a short time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tinycompile.search.candidate import Candidate
from tinycompile.search.context import Notify, Search
from tinycompile.search.record import Record
from tinycompile.search.trainer import Trainer

#: Key of what is told of them in the record.
FINALISTS = "finalists"


def finalists(candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """The most accurate of each of `count` groups of candidates, from the least work to the most.

    Shared weights rank networks of about one size better than small against large ones: the fewer steps they
    were trained for, the more they favour the small (Yu et al.: BigNAS, 2020, train far longer).
    """
    ordered = sorted({c.digest: c for c in candidates}.values(), key=lambda c: (c.cost.macs, c.digest))
    count = min(count, len(ordered))
    groups = (ordered[len(ordered) * i // count : len(ordered) * (i + 1) // count] for i in range(count))
    return [max(group, key=lambda c: (c.accuracy, c.digest)) for group in groups]


def choose(
    record: Record,
    search: Search,
    folder: Path,
    candidates: Sequence[Candidate],
    trainer: Trainer,
    notify: Notify,
) -> tuple[Record, list[Candidate]]:
    """The finalists, with their accuracy after a short training of each by itself; all where there are none.

    What an interrupted run has trained is kept.

    Raises:
        UsageError: TC822.
    """
    count = search.settings.finalists
    if not count:
        return record, list(candidates)
    notify.stage("finalists")
    known = {found["number"]: found["alone"] for found in record.found.get(FINALISTS, [])}
    chosen, alone = finalists(candidates, count), list[Candidate]()
    for done, candidate in enumerate(chosen):
        notify.count(done, len(chosen))
        accuracy = known.get(candidate.number)
        if accuracy is None:
            accuracy = trainer.alone(search.gate.network(candidate.point))
        alone.append(replace(candidate, accuracy=accuracy))
        told = [
            {"number": c.number, "shared": c.accuracy, "alone": a.accuracy}
            for c, a in zip(chosen, alone, strict=False)
        ]
        record = replace(record, found={**record.found, FINALISTS: told})
        record.save(folder)
    return record, alone
