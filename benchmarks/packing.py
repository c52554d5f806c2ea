"""Packs the public minimalloc instances: `python -m benchmarks.packing [--data DIR] [--only NAME]`.

Prints per instance whether the buffers fit the capacity that its file name gives, after how many placements,
and what first fit by size needs, as Markdown. Placements are the same on every machine, seconds are not.
With --shapes it packs what plans of whole networks put together instead: rings, rows and scratch, whose bytes
vary over time.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.packing_shapes import shapes_document
from benchmarks.tables import table
from tinycompile.plan.pack import PackItem, PackResult, pack
from tinycompile.plan.pack_fit import first_fits, peak_of

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Packed:
    """One instance: capacity in bytes, the result, wall-clock seconds, the peak of first fit by size."""

    name: str
    buffers: int
    capacity: int
    result: PackResult
    seconds: float
    first_fit: int


def main() -> int:
    """The command; returns its exit code, 1 when an instance does not fit."""
    options = _options()
    if options.shapes:
        print(shapes_document(options.zoo, options.only))
        return 0
    paths = [path for path in sorted(options.data.glob("*.csv")) if path.name.startswith(options.only)]
    if not paths:
        print(f"no instance in {options.data}; name a folder with --data", file=sys.stderr)
        return 2
    rows = []
    for path in paths:
        print(path.name, file=sys.stderr, flush=True)
        rows.append(measure(path))
    print(document(rows))
    return int(any(row.result.peak > row.capacity for row in rows))


def measure(path: Path) -> Packed:
    """Pack one file, NAME.CAPACITY.csv with the columns lower, upper (half-open) and size."""
    name, capacity, _ = path.name.split(".")
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    items = [PackItem(int(row["size"]), 1, int(row["lower"]), int(row["upper"])) for row in rows]
    begin = time.perf_counter()
    result = pack(items, capacity=int(capacity))
    seconds = time.perf_counter() - begin
    first_fit = peak_of(items, dict(first_fits(items))["first fit by size"])
    return Packed(name, len(items), int(capacity), result, seconds, first_fit)


def document(rows: Sequence[Packed]) -> str:
    """The results as a Markdown table; the last column is first fit by size over the capacity."""
    head = (
        "instance",
        "buffers",
        "capacity B",
        "max load B",
        "peak B",
        "fits",
        "placements",
        "s",
        "first fit",
    )
    body = []
    for row in rows:
        found = row.result
        sizes = (f"{row.capacity:,}", f"{found.max_load:,}", f"{found.peak:,}")
        fits = "yes" if found.peak <= row.capacity else "no"
        ratio = f"{row.first_fit / row.capacity:.2f}x"
        body.append(
            (row.name, str(row.buffers), *sizes, fits, f"{found.nodes:,}", f"{row.seconds:.1f}", ratio)
        )
    return table(head, body, left=1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.packing", description=__doc__.split("\n\n")[1]
    )
    zoo = Path(os.environ.get("TINYCOMPILE_ZOO", _ROOT.parent / "shared" / "zoo"))
    default = zoo.parent / "data" / "minimalloc"
    parser.add_argument("--data", type=Path, default=default, help="folder of instances")
    parser.add_argument("--only", default="", help="only instances or networks whose name starts so")
    parser.add_argument("--shapes", action="store_true", help="pack the stages of networks")
    parser.add_argument("--zoo", type=Path, default=zoo, help="folder of models and layer lists")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
