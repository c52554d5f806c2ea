"""The shapes that planning real networks asks to be packed, and how well they are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from benchmarks.tables import table
from tests.networks.archs import arch_model, mobilenet_v2, read_arch
from tinycompile.compiler import Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.frontends import Source
from tinycompile.plan import stage_layout
from tinycompile.plan.pack_shapes import Shape, ShapePacking, pack_shapes
from tinycompile.plan.rules import Edge

#: A budget that nothing meets, so that every packing is searched to its end.
_NOTHING = 100


def _networks(zoo: Path) -> Iterator[tuple[str, Callable[[], Source], Edge, float]]:
    """Name, model, where the input is, and the share of multiply-accumulates that may be repeated."""
    yield "mbv2_w100_r224", lambda: arch_model(mobilenet_v2(1.0, 224)), Edge.RAM, 0.06
    yield "mbv2_w100_r224", lambda: arch_model(mobilenet_v2(1.0, 224)), Edge.ROWS, 0.06
    listed = {
        "mbv2_w35_r144": ("mbv2-w0.35-r144_imagenet.json", 0.05),
        "mcunet_in2": ("mcunet-256kb-1mb_imagenet.json", 0.0),
        "mcunet_in4": ("mcunet-512kb-2mb_imagenet.json", 0.0),
        "mcunet_in0": ("mcunet-10fps_imagenet.json", 0.0),
    }
    for name, (file, share) in listed.items():
        path = zoo / "archs" / file
        yield name, lambda path=path, name=name: arch_model(read_arch(path, name)), Edge.ROWS, share  # type: ignore[misc]
    for file in ("mcunet/mcunet_in3", "mcunet/mcunet_vww1", "mlperf_tiny/vww", "mlperf_tiny/ic"):
        path = zoo / f"{file}_int8_qdq.onnx"
        yield path.stem.removesuffix("_int8_qdq"), lambda path=path: path, Edge.ROWS, 0.06  # type: ignore[misc]
    yield "kws", lambda: zoo / "mlperf_tiny" / "kws_int8_qdq.onnx", Edge.RAM, 0.06


def shapes_document(zoo: Path, only: str) -> str:
    """Every packing problem as a line of a Markdown table; the last column is greedy packing over it."""
    head = ("network", "input", "recompute", "shapes", "load B", "bound B", "peak B", "proven", "decisions")
    body = []
    for name, model, edge, share in _networks(zoo):
        if not name.startswith(only):
            continue
        print(name, edge.value, file=sys.stderr, flush=True)
        for items in _asked(model(), edge, share):
            begin = time.perf_counter()
            found = pack_shapes(items)
            seconds = time.perf_counter() - begin
            greedy = pack_shapes(items, effort=0).peak
            sizes = (found.max_load, found.bound, found.peak)
            proven = "yes" if found.proven_optimal else "no"
            line = (name, edge.value, f"{share:.0%}", str(len(items)), *(f"{size:,}" for size in sizes))
            body.append(
                (*line, proven, f"{found.placements:,}", f"{seconds:.2f}", f"{greedy / found.peak:.3f}x")
            )
    return table((*head, "s", "greedy"), body, left=3)


def _asked(model: Source, edge: Edge, share: float) -> list[tuple[Shape, ...]]:
    """The different problems of one plan, in the order in which they come up."""
    found: dict[tuple[Shape, ...], None] = {}

    def record(items: Sequence[Shape], capacity: int | None = None) -> ShapePacking:
        found[tuple(items)] = None
        return pack_shapes(items, capacity=capacity)

    with patch.object(stage_layout, "pack_shapes", record), suppress(DoesNotFitError):
        options = Options(name="net", ram=_NOTHING, recompute=share, input=edge)
        compile(model, options=options, check=False)
    return list(found)
