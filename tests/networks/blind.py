"""Networks with filters that see nothing."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper

#: Weights -> the axis along which their filters stand.
FILTERS = {"Conv": 0, "ConvTranspose": 1, "MatMul": -1}
SHARE = 0.4


def with_blind_filters(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with some filters of every layer set to 0, so that their results are their biases."""
    rng = np.random.default_rng(5)
    axes = {n.input[1]: FILTERS[n.op_type] for n in model.graph.node if n.op_type in FILTERS}
    for tensor in model.graph.initializer:
        if tensor.name in axes:
            data = np.moveaxis(numpy_helper.to_array(tensor).copy(), axes[tensor.name], 0)
            data[rng.random(len(data)) < SHARE] = 0
            tensor.CopyFrom(
                numpy_helper.from_array(np.moveaxis(data, 0, axes[tensor.name]).copy(), tensor.name)
            )
    return model
