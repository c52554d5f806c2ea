"""The source model in onnxruntime, as the yardstick for evaluations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from onnx import ModelProto

from tinycompile.errors import Diagnostic, ModelError, declare
from tinycompile.frontends.onnx_file import Source, read_model

TC_REFERENCE = declare(
    "TC112",
    "onnxruntime cannot run the model",
    "The model compiles, but onnxruntime refuses it, so that there is nothing to compare with.",
)

Array = npt.NDArray[np.generic]


class ReferenceSession:
    """onnxruntime on the CPU with graph optimisations off, one thread."""

    def __init__(self, source: Source) -> None:
        """Load a model as `load_model` reads it: old operator sets upgraded, axes of vectors put right.

        Raises:
            ModelError: TC112.
        """
        import onnxruntime

        proto = read_model(source).proto
        _only_axes(proto)

        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
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


def _only_axes(proto: ModelProto) -> None:
    """A constant vector has one axis, whatever the attribute of its DequantizeLinear says.

    The importer reads such nodes (tf2onnx writes them for biases); onnxruntime refuses them.
    """
    vectors = {t.name for t in proto.graph.initializer if len(t.dims) == 1}
    for node in proto.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in vectors:
            for attribute in node.attribute:
                if attribute.name == "axis":
                    attribute.i = 0


def _dtype(name: str) -> np.dtype[np.generic]:
    """The dtype for onnxruntime's name of a tensor type, `tensor(float)` and so on."""
    inner = name.removeprefix("tensor(").removesuffix(")")
    return np.dtype({"float": "float32", "double": "float64"}.get(inner, inner))


def _refused(error: Exception) -> ModelError:
    first = (str(error).strip() or repr(error)).splitlines()[0]
    return ModelError(Diagnostic(TC_REFERENCE, f"onnxruntime: {first}"))
