"""Measures the model zoo: `python -m benchmarks.models [--zoo DIR] [--out FILE] [--only TEXT]`.

Prints compile time, memory, code size, instructions and model cycles as Markdown, and with --out writes that
and a JSON file of the same name. Figures are those of arm-none-eabi-gcc on an emulated Cortex-M4.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from benchmarks.cores import cores_table, costs
from benchmarks.measure import LARGE_M4, Row, measure, zoo_folder
from benchmarks.tables import document
from tinycompile.build import Compiler, find_arm_gcc
from tinycompile.errors import TinyCompileError
from tinycompile.target import load_board
from tinycompile.version import __version__


def main() -> int:
    """The command; returns its exit code."""
    options = _options()
    compiler = find_arm_gcc()
    if compiler is None:
        print("arm-none-eabi-gcc is needed", file=sys.stderr)
        return 5
    paths = sorted(p for p in options.zoo.rglob("*.onnx") if options.only in str(p.relative_to(options.zoo)))
    if not paths:
        print(f"no ONNX file in {options.zoo}; name a folder with --zoo", file=sys.stderr)
        return 2
    rows, refused = _measure_all(paths, compiler)
    setup = _setup(compiler)
    cores = list(costs(options.zoo, compiler, options.only)) if (options.zoo / "mlperf_tiny").is_dir() else []
    text = document(rows, refused, setup, cores_table(cores))
    print(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
        found = {"setup": setup, "networks": [asdict(row) for row in rows], "refused": refused}
        options.out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__.split("\n\n")[1])
    parser.add_argument("--zoo", type=Path, default=zoo_folder(), help="folder of ONNX models")
    parser.add_argument("--out", type=Path, help="Markdown file to write; a .json is written beside it")
    parser.add_argument("--only", default="", help="measure only files whose path holds this text")
    return parser.parse_args()


def _measure_all(paths: Sequence[Path], compiler: Compiler) -> tuple[list[Row], dict[str, str]]:
    rows: list[Row] = []
    refused: dict[str, str] = {}
    for path in paths:
        print(path.name, file=sys.stderr, flush=True)
        try:
            rows.append(measure(path, compiler))
        except TinyCompileError as error:
            refused[path.name] = "; ".join(str(d).splitlines()[0] for d in error.diagnostics)
    return rows, refused


def _setup(compiler: Compiler) -> Mapping[str, str]:
    cycles = load_board(LARGE_M4).core.cycles
    assert cycles is not None
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "onnx", "unicorn"))
    return {
        "tinycompile": __version__,
        "compiler": f"{compiler.version}; -Os for `ram`, -O2 for `balanced` and `speed`",
        "cycle table": cycles.document,
        "emulator": f"Unicorn; networks larger than their board's memory run on {LARGE_M4}, the same core",
        "compile time": f"wall clock of one warm compilation; Python {platform.python_version()}, {packages}",
    }


if __name__ == "__main__":
    sys.exit(main())
