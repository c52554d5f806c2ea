"""tinycompile: neural networks from ONNX to C for microcontrollers, simulated bit for bit.

compilation = tinycompile.compile("model.onnx", "nucleo-f446re", calib="calibration.npz")
print(compilation.summary)
compilation.save("out")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinycompile.api import compile, explore, load
    from tinycompile.artifact import Artifact
    from tinycompile.compiler import Compilation
    from tinycompile.errors import TinyCompileError

__version__ = "0.1.0"
__all__ = ["Artifact", "Compilation", "TinyCompileError", "__version__", "compile", "explore", "load"]

#: Public name -> module. Imported at first use, so that `import tinycompile` costs nothing.
_HOMES = {
    "Artifact": "tinycompile.artifact",
    "Compilation": "tinycompile.compiler",
    "TinyCompileError": "tinycompile.errors",
    "compile": "tinycompile.api",
    "explore": "tinycompile.api",
    "load": "tinycompile.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'tinycompile' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
