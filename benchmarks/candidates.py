"""Judging candidates of a search by memory: `python -m benchmarks.candidates [--plans N] [--streams N]`.

Random networks of three kinds, as searches draw them. How many a second are described and held against a
budget by the certain bound, with all processes together; then, for some of them, what the planner makes of
them: whether the bound ever rules out a plan that exists, and how far the estimate is off. Plans are kept in
CANDIDATES.json, so that a run goes on where an earlier one stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.tables import table
from tests.networks.candidates import KINDS, candidate_geometry, candidate_model
from tinycompile.compiler import Options, prepare
from tinycompile.plan.edges import at_edges
from tinycompile.plan.peak import fits, lower_bound, peak
from tinycompile.plan.planner import Planning
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.target import load_board

#: The rules that candidates are judged by, by name.
RULES = {
    "whole tensors": Rules(stages=StageKind.WHOLE),
    "streams": Rules(stages=StageKind.STREAM),
    "streams, fed by rows": Rules(stages=StageKind.STREAM, input=Edge.ROWS),
    "nothing twice, fed by rows": Rules(recompute=0.0, input=Edge.ROWS),
    "anything, fed by rows": Rules(input=Edge.ROWS),
}
#: Bytes of arena that candidates are held against.
_BUDGET = 16 * 1024
#: Candidates that one process judges at a time.
_BATCH = 100
_BOARD = "mps2-an386"
#: Networks after which results are written.
_KEEP = 50
_FRACTIONS = (0.0, 0.05, 0.5, 0.95, 1.0)


@dataclass(frozen=True)
class Judged:
    """One network by one set of rules: bytes of the bound, of the estimate, of the plan."""

    kind: str
    seed: int
    rules: str
    bound: int
    estimate: int
    arena: int


def judge(kind: str, first: int, rules: str) -> tuple[int, float]:
    """(how many of the next candidates are not ruled out, CPU seconds)."""
    begin = time.process_time()
    seeds = range(first, first + _BATCH)
    kept = sum(fits(candidate_geometry(kind, seed), _BUDGET, RULES[rules]) for seed in seeds)
    return kept, time.process_time() - begin


def compare(kind: str, seed: int, names: tuple[str, ...]) -> list[Judged]:
    """One network by the bound, by the estimate and by the planner, which looks for its smallest plan."""
    options = Options(name="net", keep_dead_channels=True)
    graph = prepare(candidate_model(kind, seed), options=options).graph
    geometry, board, found = candidate_geometry(kind, seed), load_board(_BOARD), []
    for name in names:
        fed, rules = at_edges(graph, RULES[name])
        arena = Planning(fed, board, rules).best(1).arena
        bound, estimate = lower_bound(geometry, RULES[name]), peak(geometry, RULES[name])
        found.append(Judged(kind, seed, name, bound, estimate, arena))
    return found


def rates(pool: ProcessPoolExecutor, count: int) -> Iterator[tuple[str, ...]]:
    """Per kind and rules: candidates a second, CPU ms of each, share not ruled out, ms an estimate."""
    for kind in KINDS:
        for name, rules in RULES.items():
            starts = range(0, count, _BATCH)
            begin = time.perf_counter()
            batches = list(pool.map(judge, [kind] * len(starts), starts, [name] * len(starts)))
            seconds, judged = time.perf_counter() - begin, len(starts) * _BATCH
            kept, spent = (sum(numbers) for numbers in zip(*batches, strict=True))
            geometries = [candidate_geometry(kind, seed) for seed in range(50)]
            cpu = time.process_time()
            for geometry in geometries:
                peak(geometry, rules)
            each = 1000 * (time.process_time() - cpu) / len(geometries)
            yield (
                kind,
                name,
                f"{judged / seconds:,.0f}",
                f"{1000 * spent / judged:.2f}",
                f"{kept / judged:.0%}",
                f"{each:.1f}",
            )


def errors(found: list[Judged]) -> Iterator[tuple[str, ...]]:
    """Per kind and rules: false rejections, and quantiles of bound and estimate over the plan."""
    for kind in KINDS:
        for name in RULES:
            own = [j for j in found if j.kind == kind and j.rules == name]
            if own:
                false = sum(j.bound > j.arena for j in own)
                ratios = [[j.bound / j.arena for j in own], [j.estimate / j.arena for j in own]]
                cells = [" / ".join(f"{q:.2f}" for q in np.quantile(r, _FRACTIONS)) for r in ratios]
                yield kind, name, str(len(own)), str(false), *cells


def document(speed: list[tuple[str, ...]], found: list[Judged], processes: int) -> str:
    """Both tables."""
    head = ("kind", "rules", "candidates a second", "CPU ms each", "not ruled out", "ms an estimate")
    text = (
        "# Candidates of a search, judged by memory\n\n"
        "Generated by `python -m benchmarks.candidates`; do not edit. Candidates a second are described and\n"
        f"held against {_BUDGET:,} bytes by {processes} processes together, in seconds of wall time.\n\n"
    )
    text += table(head, speed, left=2)
    columns = ("kind", "rules", "plans", "false rejections", "bound / plan", "estimate / plan")
    count = len({(j.kind, j.seed) for j in found})
    text += (
        f"\nThe planner's smallest plans of {count:,} random networks beside\n"
        "the bound and the estimate: least, 5 %, median, 95 %, largest ratio. A false rejection is a bound\n"
        "above the plan.\n\n"
    )
    return text + table(columns, list(errors(found)), left=2)


def known(path: Path) -> list[Judged]:
    """What an earlier run has found."""
    return [Judged(**j) for j in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def keep(path: Path, found: list[Judged]) -> None:
    """Write everything that was found."""
    ordered = sorted(found, key=lambda j: (j.kind, j.seed, j.rules))
    lines = ",\n".join(json.dumps(asdict(j)) for j in ordered)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _tasks(plans: int, streams: int) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Networks by all rules, then further ones by one way to stream each."""
    for seed in range(plans + streams):
        for kind in KINDS:
            yield kind, seed, tuple(RULES) if seed < plans else (tuple(RULES)[1 + seed % 2],)


def main() -> int:
    """The command; returns its exit code, 1 when the bound was above a plan."""
    options = _options()
    data = options.out.with_suffix(".json")
    found = [] if options.again else known(data)
    there = {(j.kind, j.seed, j.rules) for j in found}
    todo = []
    for kind, seed, names in _tasks(options.plans, options.streams):
        missing = tuple(name for name in names if (kind, seed, name) not in there)
        if missing:
            todo.append((kind, seed, missing))
    with ProcessPoolExecutor(options.jobs) as pool:
        speed = list(rates(pool, options.count))
        jobs = [pool.submit(compare, *task) for task in todo]
        for number, job in enumerate(as_completed(jobs), 1):
            found += job.result()
            if number % _KEEP == 0 or number == len(jobs):
                keep(data, found)
                print(f"{number} of {len(jobs)}", file=sys.stderr, flush=True)
    text = document(speed, found, options.jobs)
    options.out.write_text(text, encoding="utf-8")
    print(text)
    return int(any(j.bound > j.arena for j in found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.candidates", description=__doc__.split("\n\n")[1]
    )
    parser.add_argument("--count", type=int, default=2000, help="candidates a kind that are judged")
    parser.add_argument("--plans", type=int, default=12, help="networks a kind that are planned by all rules")
    parser.add_argument("--streams", type=int, default=0, help="further ones that are planned by streams")
    parser.add_argument("--again", action="store_true", help="plan again what is known already")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    out = Path(__file__).parent / "CANDIDATES.md"
    parser.add_argument("--out", type=Path, default=out, help="Markdown file; JSON is written beside it")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
