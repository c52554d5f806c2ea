"""TensorProto to NumPy, with every size checked before memory is taken."""

from __future__ import annotations

import math

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from tinycompile.errors import Diagnostic, ModelError
from tinycompile.frontends.codes import BROKEN_TENSOR, ELEMENT_TYPE, TOO_LARGE
from tinycompile.ir import DType

#: Largest constant and largest activation that is looked at, in bytes.
TENSOR_LIMIT = 1 << 30

#: Float types that are computed as float32.
READ_AS_FLOAT32 = frozenset({TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16})

_DTYPES = {
    TensorProto.FLOAT: DType.FLOAT32,
    TensorProto.DOUBLE: DType.FLOAT32,
    TensorProto.FLOAT16: DType.FLOAT32,
    TensorProto.BFLOAT16: DType.FLOAT32,
    TensorProto.INT8: DType.INT8,
    TensorProto.UINT8: DType.UINT8,
    TensorProto.INT16: DType.INT16,
    TensorProto.UINT16: DType.UINT16,
    TensorProto.INT32: DType.INT32,
    TensorProto.UINT32: DType.UINT32,
    TensorProto.INT64: DType.INT64,
    TensorProto.UINT64: DType.UINT64,
    TensorProto.BOOL: DType.BOOL,
}
_ELEM_TYPES = {dtype: elem for elem, dtype in reversed(_DTYPES.items())}


def elem_type_name(elem_type: int) -> str:
    """The name that ONNX gives an element type, in lower case."""
    names = TensorProto.DataType
    return str(names.Name(elem_type)).lower() if elem_type in names.values() else f"type {elem_type}"


def elem_type_of(dtype: DType) -> int:
    """The ONNX element type of a DType."""
    return int(_ELEM_TYPES[dtype])


def dtype_of(elem_type: int, what: str) -> DType:
    """The DType that stands for an ONNX element type; `what` names the tensor in errors.

    Raises:
        ModelError: there is none.
    """
    if elem_type not in _DTYPES:
        raise ModelError(
            Diagnostic(
                ELEMENT_TYPE,
                f"{what} has element type {elem_type_name(elem_type)}, which is not supported",
                hint="use float32, bool or 8- to 64-bit integers",
            )
        )
    return _DTYPES[elem_type]


def check_size(shape: tuple[int, ...], itemsize: int, what: str) -> None:
    """Refuse shapes that take more than TENSOR_LIMIT bytes.

    Raises:
        ModelError: negative dimensions or too large.
    """
    if any(d < 0 for d in shape):
        raise ModelError(Diagnostic(BROKEN_TENSOR, f"{what} has a negative dimension: {list(shape)}"))
    size = math.prod(shape) * itemsize
    if size > TENSOR_LIMIT:
        message = f"{what} of shape {list(shape)} would take {size:,} bytes; the limit is {TENSOR_LIMIT:,}"
        raise ModelError(Diagnostic(TOO_LARGE, message, hint="check the sizes in the model"))


def array_of(tensor: TensorProto, what: str) -> np.ndarray:
    """The tensor as an array of a supported dtype; the float types of READ_AS_FLOAT32 become float32.

    Raises:
        ModelError: unsupported element type, too large, or data that do not match the shape.
    """
    dtype = dtype_of(tensor.data_type, what)
    shape = tuple(int(d) for d in tensor.dims)
    check_size(shape, dtype.itemsize, what)
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, OverflowError, KeyError) as error:
        raise _broken(what, shape, str(error)) from error
    if array.shape != shape:
        raise _broken(what, shape, f"the data make {list(array.shape)}")
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(array, dtype=dtype.numpy).reshape(shape)


def sparse_array_of(sparse: onnx.SparseTensorProto, what: str) -> np.ndarray:
    """A sparse constant as a dense array.

    Raises:
        ModelError: as `array_of`, or indices outside the shape.
    """
    values = array_of(sparse.values, what)
    indices = array_of(sparse.indices, f"the indices of {what}")
    shape = tuple(int(d) for d in sparse.dims)
    check_size(shape, values.itemsize, what)
    dense = np.zeros(shape, values.dtype)
    try:
        positions = indices if indices.ndim == 1 else np.ravel_multi_index(tuple(indices.T), shape)
        dense.reshape(-1)[positions] = values
    except (ValueError, IndexError, TypeError) as error:
        raise _broken(what, shape, str(error)) from error
    return dense


def _broken(what: str, shape: tuple[int, ...], detail: str) -> ModelError:
    return ModelError(
        Diagnostic(
            BROKEN_TENSOR,
            f"{what} of shape {list(shape)} holds data that do not match: {detail}",
            hint="export the model again; the file may be damaged",
        )
    )
