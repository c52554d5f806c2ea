"""tinycompile as an ONNX backend: models are compiled to C, built for this machine and run there.

`prepare(model).run(inputs)` follows `onnx.backend.base`. Models whose inputs or outputs have an
element type that does not exist at run time (float16, float64, strings) are refused, so that no result
is silently of another precision.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.backend.base import Backend, BackendRep, namedtupledict

from tinycompile.build import HostModel
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import Diagnostic, ModelError, declare
from tinycompile.execution import build_input
from tinycompile.frontends import onnx_io

TC_EDGE_TYPE = declare(
    "TC230",
    "Element type at the edge of the model",
    "An input or output has an element type that does not exist at run time; it would be computed in another "
    "one. The ONNX backend refuses it rather than to return another precision.",
)


#: ONNX's names of element types that NumPy calls otherwise.
_RUNTIME_NAMES = {"float": "float32"}


class HostRep(BackendRep):  # type: ignore[misc]
    """A compiled model, loaded into this process."""

    def __init__(self, compilation: Compilation, inputs: Sequence[str]) -> None:
        super().__init__()
        self.compilation = compilation
        self.inputs = tuple(inputs)
        folder = Path(tempfile.mkdtemp(prefix="tinycompile-backend-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        tree, program = compilation.tree, compilation.program
        for name, text in tree.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        self._model = HostModel(build_input(folder, program, tree.c_files, compilation.options.optimize))
        self._model.start()

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Outputs as a named tuple for inputs as a list in the model's order."""
        program = self.compilation.program
        given = dict(zip(self.inputs, inputs, strict=True))
        sample = [
            np.ascontiguousarray(given[p.name], dtype=p.type.dtype.numpy).tobytes() for p in program.inputs
        ]
        raw = self._model.run(sample)
        arrays = [
            np.frombuffer(data, dtype=p.type.dtype.numpy).reshape(p.type.shape)
            for p, data in zip(program.outputs, raw, strict=True)
        ]
        return tuple(namedtupledict("Outputs", [p.name for p in program.outputs])(*arrays))


class TinyCompileBackend(Backend):  # type: ignore[misc]
    """Compile for the host and run the C code."""

    @classmethod
    def is_compatible(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> bool:
        """True when the model compiles."""
        try:
            compile_exact(model)
        except ModelError:
            return False
        return cls.supports_device(device)

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> HostRep:
        """Compile and load a model.

        Raises:
            ModelError: it is not supported.
            ToolchainError: there is no C compiler for this machine.
        """
        compilation = compile_exact(model)
        return HostRep(compilation, [p.name for p in onnx_io(model).inputs])

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Only the CPU."""
        return device.split(":")[0] == "CPU"


def compile_exact(model: onnx.ModelProto) -> Compilation:
    """Compile for the host, refusing models whose edges would change their element type.

    Raises:
        ModelError: the model or an edge type is not supported.
    """
    ports = onnx_io(model)
    compilation = compile(model, "host", options=Options(name="model"), check=False)
    program = compilation.program
    declared = {p.name: _RUNTIME_NAMES.get(p.dtype, p.dtype) for p in (*ports.inputs, *ports.outputs)}
    wrong = [p for p in (*program.inputs, *program.outputs) if declared.get(p.name) != p.type.dtype.value]
    if wrong:
        raise ModelError(
            [
                Diagnostic(
                    TC_EDGE_TYPE,
                    f"'{p.name}' is {declared.get(p.name)} in the model and {p.type.dtype.value} at run time",
                    (p.name,),
                    "convert the model to float32",
                )
                for p in wrong
            ]
        )
    return compilation


prepare = TinyCompileBackend.prepare
is_compatible = TinyCompileBackend.is_compatible
supports_device = TinyCompileBackend.supports_device
