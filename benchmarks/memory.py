"""Memory plans beside published ones: `python -m benchmarks.memory [--only TEXT] [--run] [--out FILE]`.

For every network the arena with the image in RAM and with the image fed row by row, without and with
recomputation, what it costs in multiply-accumulates and planning time, and what other systems publish. With
--run every plan is executed on the host, on an emulated Cortex-M and in QEMU, and held against the unplanned
network.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import table
from tests.networks.archs import Arch, arch_model, mobilenet_v2, read_arch
from tinycompile.artifact import load
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.execution import execute
from tinycompile.fit import context_bytes
from tinycompile.frontends import Source
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

_ROOT = Path(__file__).resolve().parents[1]
#: Large enough for every network; the same core as nucleo-f446re.
_BOARD = "mps2-an386"


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
        goal: bytes of arena that the project set itself.
        peers: published figures, with what they cost.
    """

    network: str
    goal: int
    input: Edge
    recompute: float = 0.0
    stages: StageKind = StageKind.AUTO
    grid: tuple[int, int] | None = None
    peers: str = ""


_MCUNET = "MCUNetV2"
CASES = (
    Case("mbv2_w35_r144", 70_000, Edge.RAM),
    Case("mbv2_w35_r144", 31_000, Edge.ROWS, peers="msf-CNN 21,389 at 1.30x, 15,199 at 1.38x"),
    Case("mbv2_w35_r144", 17_000, Edge.ROWS, 0.05, peers="msf-CNN 15,199 at 1.38x, 8,560 at 1.68x"),
    Case("mbv2_w100_r224", 212_000, Edge.RAM),
    Case("mbv2_w100_r224", 138_000, Edge.ROWS),
    Case("mbv2_w100_r224", 66_000, Edge.ROWS, 0.06, peers="MCUNetV2 176,128 at 1.10x"),
    Case("mbv2_w100_r224", 180_000, Edge.PATCHES, 0.10, StageKind.PATCH, (4, 4), "MCUNetV2 176,128 at 1.10x"),
    Case("mcunet_in3", 102_000, Edge.RAM, peers="vMCU 102,700; TinyEngine 116,722 at 2.24x"),
    Case("mcunet_in3", 62_500, Edge.ROWS, peers="msf-CNN 94,224 at 1.45x, 51,164 at 2.69x"),
    Case("mcunet_in4", 120_000, Edge.RAM, peers="X-CUBE-AI 342,000; TinyEngine 416,000"),
    Case("mcunet_in4", 84_000, Edge.ROWS),
    Case("mcunet_in2", 86_000, Edge.RAM),
    Case("mcunet_in2", 59_500, Edge.ROWS),
    Case("mcunet_in0", 17_800, Edge.RAM),
    Case("mcunet_in0", 15_000, Edge.ROWS),
    Case("mcunet_vww1", 22_800, Edge.RAM, peers="TinyEngine 34,784 at 1.36x"),
    Case("mcunet_vww1", 17_600, Edge.ROWS, peers="msf-CNN 26,240 at 1.11x, 15,368 at 1.96x"),
    Case("vww", 29_000, Edge.RAM, peers="TFLM 100,708"),
    Case("vww", 16_000, Edge.ROWS),
    Case("ic", 14_500, Edge.RAM, peers="TFLM 54,996"),
    Case("ic", 11_500, Edge.ROWS),
    Case("kws", 6_500, Edge.RAM, peers="TFLM 22,820"),
)

_ARCHS = {
    "mbv2_w35_r144": "mbv2-w0.35-r144_imagenet.json",
    "mcunet_in4": "mcunet-512kb-2mb_imagenet.json",
    "mcunet_in2": "mcunet-256kb-1mb_imagenet.json",
    "mcunet_in0": "mcunet-10fps_imagenet.json",
}
_FILES = {
    "mcunet_in3": "mcunet/mcunet_in3_int8_qdq.onnx",
    "mcunet_vww1": "mcunet/mcunet_vww1_int8_qdq.onnx",
    **{name: f"mlperf_tiny/{name}_int8_qdq.onnx" for name in ("vww", "ic", "kws")},
}


def source(network: str, zoo: Path) -> Source:
    """The network: real weights where the zoo has them, random ones for layer lists."""
    if network in _FILES:
        return zoo / _FILES[network]
    arch: Arch = (
        mobilenet_v2(1.0, 224)
        if network == "mbv2_w100_r224"
        else read_arch(zoo / "archs" / _ARCHS[network], network)
    )
    return arch_model(arch)


def planned(case: Case, model: Source, bytes_of_arena: int) -> Compilation:
    """The plan for an arena of at most so many bytes.

    Raises:
        DoesNotFitError: none was found.
    """
    ram = bytes_of_arena + _context(case)
    options = Options(
        name="net", ram=ram, recompute=case.recompute, input=case.input, stages=case.stages, patches=case.grid
    )
    return compile(model, _BOARD, options=options, check=False)


def smallest(case: Case, model: Source) -> Compilation:
    """The smallest plan that is found, by asking for nothing first."""
    try:
        return planned(case, model, 8)
    except DoesNotFitError as error:
        ram = int(error.diagnostics[0].hint.split()[-1])
        return planned(case, model, ram - _context(case))


def _context(case: Case) -> int:
    return context_bytes(rows_in=case.input is Edge.ROWS, patches_in=case.input is Edge.PATCHES)


def agrees(compilation: Compilation, places: tuple[str, ...] = ("host", "emulator", "qemu")) -> str:
    """Where the C code gives the bytes of the unplanned network, on one random input."""
    program = compilation.program
    samples = random_samples(program.inputs)
    ports = {p.name: p for p in program.inputs}
    inputs = {n: ports[n].from_source(a)[0] for n, a in samples.items()}
    want = evaluate(compilation.graph, inputs)
    good = []
    with tempfile.TemporaryDirectory() as folder:
        artifact = load(compilation.save(Path(folder) / "net"))
        for place in places:
            result, outputs = execute(artifact, place, samples)  # type: ignore[arg-type]
            same = all(outputs[n][0].tobytes() == want[n].tobytes() for n in want)
            outside = result.out_of_plan_accesses or 0
            good.append(f"{place} {'equal' if same and not outside else 'DIFFERENT'}")
    return ", ".join(good)


def rows(zoo: Path, only: str, run: bool, least_too: bool) -> Iterator[tuple[str, ...]]:
    """The lines of the table; the smallest plan only where it is asked for, or where the goal is missed."""
    for case in CASES:
        if only not in case.network:
            continue
        print(case.network, case.input.value, file=sys.stderr, flush=True)
        model = source(case.network, zoo)
        started = time.process_time()
        try:
            at_goal: Compilation | None = planned(case, model, case.goal)
        except DoesNotFitError:
            at_goal = None
        seconds = time.process_time() - started
        least = smallest(case, model) if least_too or at_goal is None else at_goal
        program = (at_goal or least).program
        share = program.recomputed_macs / (program.macs - program.recomputed_macs)
        yield (
            case.network,
            case.input.value,
            f"{case.recompute:.0%}" if case.stages is StageKind.AUTO else f"patches {case.grid}",
            f"{case.goal:,}",
            f"{at_goal.program.arena:,}" if at_goal else "missed",
            f"{share:.2%}",
            f"{least.program.arena:,}" if least_too or at_goal is None else "",
            f"{seconds:.1f}",
            agrees(at_goal or least) if run else "",
            case.peers,
        )


def main() -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__.split("\n\n")[1])
    zoo = os.environ.get("TINYCOMPILE_ZOO", _ROOT.parent / "shared" / "zoo")
    parser.add_argument("--zoo", type=Path, default=Path(zoo), help="folder of models and layer lists")
    parser.add_argument("--only", default="", help="only networks whose name holds this text")
    parser.add_argument("--smallest", action="store_true", help="look for the smallest plan too")
    parser.add_argument("--run", action="store_true", help="execute every plan on host, emulator and QEMU")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    head = (
        "network", "input", "recompute at most", "goal B", "arena B", "extra MACs", "smallest B", "CPU s",
        "C equals reference on", "published elsewhere",
    )  # fmt: skip
    text = (
        "# Memory plans\n\n"
        "Generated by `python -m benchmarks.memory --out benchmarks/MEMORY.md`; arenas on a Cortex-M4.\n"
        "Weights are random where only a layer list is public.\n\n"
    )
    text += table(head, list(rows(options.zoo, options.only, options.run, options.smallest)), left=3)
    print(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
