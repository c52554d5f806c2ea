"""ONNX's own node tests through compiled C on the host.

`python -m tests.backend.suite` prints passed, not applicable and failed with reasons; `--update` adds
what newly passes to passing.txt, which never shrinks.

Every model is emitted as usual. To save compiler starts the models go into a few translation units and
share one set of kernels, linked into one library.
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from tinycompile.build import host_compiler
from tinycompile.build.toolchain import Unit, compile_units, link
from tinycompile.codegen import emit
from tinycompile.codegen.runtime import sources_for
from tinycompile.compiler import Compilation
from tinycompile.errors import TinyCompileError
from tinycompile.onnx_backend import compile_exact
from tinycompile.plan.program import Program
from tinycompile.resources import runtime_dir
from tinycompile.target import CORES

PASSING = Path(__file__).with_name("passing.txt")
_UNITS = 8
_ALIGN = 16


@dataclass(frozen=True)
class Result:
    """What became of one node test: `passed`, `not applicable` or `failed`, and why."""

    name: str
    verdict: str
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Model:
    case: Any
    program: Program
    files: dict[str, str]

    @property
    def prefix(self) -> str:
        return self.program.name


def run_suite() -> list[Result]:
    """Compile, build and run every node test."""
    results: list[Result] = []
    models: list[_Model] = []
    for index, case in enumerate(node_tests()):
        try:
            compilation = compile_exact(case.model)
        except TinyCompileError as error:
            results.append(Result(case.name, "not applicable", str(error.diagnostics[0])))
            continue
        models.append(_renamed(case, compilation, f"m{index}"))
    with tempfile.TemporaryDirectory(prefix="tinycompile-suite-") as folder:
        library = _build(models, Path(folder))
        results.extend(_verdict(model, library) for model in models)
    return sorted(results, key=lambda r: r.name)


def node_tests() -> list[Any]:
    """The node tests that ship with the installed onnx."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_model_tests

        return list(load_model_tests(kind="node"))


def passing() -> list[str]:
    """The names that must pass."""
    return PASSING.read_text(encoding="utf-8").split() if PASSING.is_file() else []


def _renamed(case: Any, compilation: Compilation, prefix: str) -> _Model:
    program = Program(**{**vars_of(compilation.program), "name": prefix})
    return _Model(case, program, dict(emit(program).files))


def vars_of(program: Program) -> dict[str, Any]:
    """The fields of a Program."""
    return {name: getattr(program, name) for name in Program.__dataclass_fields__}


def _build(models: Sequence[_Model], folder: Path) -> ctypes.CDLL:
    for header in (runtime_dir() / "include").glob("*.h"):
        shutil.copy(header, folder)
    units = []
    for part in range(_UNITS):
        lines = []
        for model in models[part::_UNITS]:
            for name in (
                f"{model.prefix}.h",
                f"{model.prefix}_weights.h",
                f"{model.prefix}.c",
                f"{model.prefix}_weights.c",
            ):
                (folder / name).write_text(model.files[name], encoding="utf-8")
            lines += [f'#include "{model.prefix}_weights.c"', f'#include "{model.prefix}.c"']
        source = folder / f"part{part}.c"
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        units.append(Unit(source))
    kernels = sources_for({call.symbol for model in models for call in model.program.calls})
    for name in kernels:
        shutil.copy(runtime_dir() / name, folder)
    units += [Unit(folder / name) for name in kernels]
    compiler = host_compiler()
    flags = (*compiler.compile_flags(CORES["host"], "balanced"), "-O1", "-w", "-fPIC")
    return ctypes.CDLL(str(link(compiler, compile_units(compiler, units, flags), ("-shared",), ".so")))


def _verdict(model: _Model, library: ctypes.CDLL) -> Result:
    try:
        for feeds, expected in _data_sets(model):
            _compare(model, _run(model, library, feeds), expected)
    except AssertionError as error:
        return Result(model.case.name, "failed", " ".join(str(error).split())[:300])
    return Result(model.case.name, "passed")


def _data_sets(model: _Model) -> Iterator[tuple[dict[str, npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]]:
    graph = model.case.model.graph
    for inputs, outputs in model.case.data_sets:
        yield (
            {v.name: _array(x) for v, x in zip(graph.input, inputs, strict=True)},
            {v.name: _array(y) for v, y in zip(graph.output, outputs, strict=True)},
        )


def _array(value: Any) -> npt.NDArray[Any]:
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)


def _run(
    model: _Model, library: ctypes.CDLL, feeds: dict[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    program = model.program
    size = max(program.arena, 1)
    memory = np.full(size + _ALIGN, 0xA5, np.uint8)
    start = -memory.ctypes.data % _ALIGN
    arena = memory[start : start + size]
    context = ctypes.c_void_p()
    status = getattr(library, f"{model.prefix}_init")(
        ctypes.byref(context), ctypes.c_void_p(arena.ctypes.data)
    )
    assert status == 0, f"init returned {status}"
    for port in program.inputs:
        data = np.ascontiguousarray(feeds[port.name], port.type.dtype.numpy).reshape(-1).view(np.uint8)
        arena[port.offset : port.offset + port.type.nbytes] = data
    status = getattr(library, f"{model.prefix}_run")(ctypes.byref(context))
    assert status == 0, f"run returned {status}"
    return {
        p.name: arena[p.offset : p.offset + p.type.nbytes]
        .copy()
        .view(p.type.dtype.numpy)
        .reshape(p.type.shape)
        for p in program.outputs
    }


def _compare(model: _Model, got: dict[str, npt.NDArray[Any]], expected: dict[str, npt.NDArray[Any]]) -> None:
    for name, want in expected.items():
        assert got[name].dtype == want.dtype, f"{name} is {got[name].dtype}, not {want.dtype}"
        assert got[name].shape == want.shape, f"{name} has shape {got[name].shape}, not {want.shape}"
        np.testing.assert_allclose(got[name], want, rtol=model.case.rtol, atol=model.case.atol)


def main() -> None:
    """Print the verdicts."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--update", action="store_true", help="add newly passing tests to passing.txt")
    parser.add_argument("--reasons", type=int, default=40, help="how many reasons to print")
    options = parser.parse_args()
    results = run_suite()
    counts = collections.Counter(r.verdict for r in results)
    reasons = collections.Counter(
        r.reason.split("\n")[0][:100] for r in results if r.verdict == "not applicable"
    )
    for reason, count in reasons.most_common(options.reasons):
        print(f"{count:5d}  {reason}")
    for result in results:
        if result.verdict == "failed":
            print(f"FAILED {result.name}: {result.reason}")
    print(f"passed {counts['passed']}, not applicable {counts['not applicable']}, failed {counts['failed']}")
    if options.update:
        names = sorted({*passing(), *(r.name for r in results if r.verdict == "passed")})
        PASSING.write_text("\n".join(names) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
