"""``python -m benchmarks.order``: how near the execution order of branching networks is to the best one.

For each network the peak of live memory, in bytes of int8, in the order of the graph, in the greedy order, in
the order found, and the proven lower bound. The last two are the same where the order is exact.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

from benchmarks.tables import table
from tests.networks.cells import CELLS, randwire
from tests.networks.sketch import Sketch, problem
from tinycompile.plan.order import OrderProblem, best_order, order_peak
from tinycompile.plan.order_events import Events
from tinycompile.plan.order_greedy import beam_order
from tinycompile.plan.order_space import OrderSpace

#: Random graphs of one stage, each node one operator: nothing separates them into parts.
_SINGLE = (48, 64, 80, 100)
_HEADER = ("network", "steps", "in order", "greedy", "found", "bound", "exact", "states", "seconds")


def _networks(seeds: int) -> Iterator[tuple[str, Callable[[], Sketch]]]:
    yield from CELLS.items()
    for seed in range(1, seeds):
        yield f"randwire, seed {seed}", lambda seed=seed: randwire(seed=seed)
    for nodes in _SINGLE:
        for seed in range(seeds):
            yield f"ws_{nodes}, seed {seed}", lambda n=nodes, s=seed: randwire(n, 1, s, whole=True)


def _row(name: str, order_problem: OrderProblem) -> tuple[str, ...]:
    greedy = order_peak(order_problem, beam_order(Events(OrderSpace(order_problem)), 1))
    begin = time.process_time()
    result = best_order(order_problem)
    seconds = time.process_time() - begin
    return (
        name,
        str(len(order_problem.steps)),
        f"{order_peak(order_problem, range(len(order_problem.steps))):,}",
        f"{greedy:,}",
        f"{result.peak:,}",
        f"{result.lower_bound:,}",
        "yes" if result.exact else "no",
        f"{result.states:,}",
        f"{seconds:.2f}",
    )


def document(seeds: int, *, join: bool = True) -> str:
    """The results as a Markdown table; with `join`, concats are written in place."""
    rows = [_row(name, problem(build(), join=join)) for name, build in _networks(seeds)]
    return table(_HEADER, rows, left=1)


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="random graphs of each kind")
    parser.add_argument(
        "--copies", action="store_true", help="concats copy instead of being written in place"
    )
    arguments = parser.parse_args()
    print(document(arguments.seeds, join=not arguments.copies))


if __name__ == "__main__":
    main()
