"""The source model in onnxruntime, as the yardstick for evaluations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tinycompile.errors import Diagnostic, ModelError, declare

TC_REFERENCE = declare(
    "TC112",
    "onnxruntime cannot run the model",
    "The model compiles, but onnxruntime refuses it, so that there is nothing to compare with.",
)

Array = npt.NDArray[np.generic]


class ReferenceSession:
    """onnxruntime on the CPU with graph optimisations off, one thread."""

    def __init__(self, source: bytes) -> None:
        """Load serialised ONNX.

        Raises:
            ModelError: TC112.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        # onnxruntime's exceptions share no base class but Exception.
        except Exception as error:
            raise _refused(error) from error
        #: NumPy dtype of each input by name.
        self.input_dtypes = {i.name: _dtype(i.type) for i in self._session.get_inputs()}
        self.output_names = tuple(o.name for o in self._session.get_outputs())

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Outputs by name for one sample; `inputs` have the model's own types and shapes.

        Raises:
            ModelError: TC112.
        """
        try:
            outputs = self._session.run(None, dict(inputs))
        except Exception as error:
            raise _refused(error) from error
        return dict(zip(self.output_names, outputs, strict=True))


def _dtype(name: str) -> np.dtype[np.generic]:
    """The dtype for onnxruntime's name of a tensor type, `tensor(float)` and so on."""
    inner = name.removeprefix("tensor(").removesuffix(")")
    return np.dtype({"float": "float32", "double": "float64"}.get(inner, inner))


def _refused(error: Exception) -> ModelError:
    first = (str(error).strip() or repr(error)).splitlines()[0]
    return ModelError(Diagnostic(TC_REFERENCE, f"onnxruntime: {first}"))
