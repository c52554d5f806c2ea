"""The element types of the source format by their numbers there (ONNX `TensorProto.DataType`)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tinycompile.errors import declare
from tinycompile.ir import DType
from tinycompile.ops.source import SourceNode

TC_ELEMENT_TYPE = declare(
    "TC204",
    "Unsupported element type",
    "Tensors at run time are float32, bool, or integers of 8 to 64 bits. Export the model with one of "
    "these types.",
)

ELEMENT_TYPES: Mapping[int, DType] = MappingProxyType(
    {
        1: DType.FLOAT32,
        2: DType.UINT8,
        3: DType.INT8,
        4: DType.UINT16,
        5: DType.INT16,
        6: DType.INT32,
        7: DType.INT64,
        9: DType.BOOL,
        12: DType.UINT32,
        13: DType.UINT64,
    }
)


def element_type(node: SourceNode, number: int) -> DType:
    """The DType that a node means by `number`.

    Raises:
        ModelError: the type does not exist at run time (float16, float64, strings, 4-bit and 8-bit floats).
    """
    dtype = ELEMENT_TYPES.get(number)
    if dtype is None:
        raise node.error(
            f"element type {number} of the source format is not supported",
            f"use one of {', '.join(t.value for t in ELEMENT_TYPES.values())}",
            TC_ELEMENT_TYPE,
        )
    return dtype
