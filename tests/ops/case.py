"""One operator case, stated once for all oracles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

#: Operands: a TensorSpec is fed at run time, an array is a constant, None is left out.
Operand = "TensorSpec | npt.NDArray[Any] | None"


@dataclass(frozen=True)
class TensorSpec:
    """A run-time operand: random values in [low, high], of NumPy dtype `dtype`."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    low: float = -2.0
    high: float = 2.0

    def sample(self, rng: np.random.Generator) -> npt.NDArray[Any]:
        """One random array; integers include both ends."""
        kind = np.dtype(self.dtype).kind
        if kind == "f":
            return rng.uniform(self.low, self.high, self.shape).astype(self.dtype)
        if kind == "b":
            return rng.integers(0, 2, self.shape).astype(np.bool_)
        return rng.integers(int(self.low), int(self.high) + 1, self.shape).astype(self.dtype)


@dataclass(frozen=True, eq=False)
class OpCase:
    """A node of the source model with its operands.

    Attributes:
        name: unique within its family, usable as a test id and in a C identifier.
        inputs: TensorSpec for run-time operands, ndarray for constants, None for omitted ones.
        domain: of the operator; empty for that of the standard.
        outputs: how many outputs the node has.
        int8: also run it between DequantizeLinear and QuantizeLinear as an int8 operator; float
            constants become int8 (per channel along axis `weight_axis` when given) or, for the operands
            in `bias`, int32.
        plain: operands that stay as they are beside int8 ones (the scales of a Resize, a padding value).
        integer: whether the int8 form must be computed with integers (False: a float island is right).
        steps: allowed difference of the int8 form to onnxruntime, in quantisation steps.
        rtol, atol: allowed difference of float results to onnxruntime.
        reference: compare with ONNX's own reference implementation, where onnxruntime lacks the types.
    """

    name: str
    op_type: str
    inputs: list[Any]
    attributes: dict[str, Any] = field(default_factory=dict)
    opset: int = 17
    domain: str = ""
    outputs: int = 1
    int8: bool = False
    integer: bool = True
    weight_axis: int | None = None
    bias: tuple[int, ...] = ()
    plain: tuple[int, ...] = ()
    steps: int = 1
    rtol: float = 1e-4
    atol: float = 1e-5
    reference: bool = False

    def feeds(self, seed: int = 0) -> list[npt.NDArray[Any] | None]:
        """Random data for the run-time operands, None for the others."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        return [s.sample(rng) if isinstance(s, TensorSpec) else None for s in self.inputs]
