"""Local response normalisation over neighbouring channels (Krizhevsky et al., 2012); float32."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, Types
from tinycompile.numeric.float_math import powf
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, Struct
from tinycompile.ops.layout import Transpose
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode


@dataclass(frozen=True)
class LocalResponseNorm(Op):
    """x[..., C]: x / (bias + alpha / size * s)**beta, s the sum of squares of `size` channels around x."""

    size: int
    alpha: float
    beta: float
    bias: float

    def infer(self, ins: Types) -> Types:
        if ins[0].rank < 1 or ins[0].dtype is not DType.FLOAT32 or self.size < 1:
            raise ValueError(f"{ins[0]} cannot be normalised over {self.size} channels")
        return (ins[0].with_dtype(DType.FLOAT32),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        x, channels = xs[0], ins[0].shape[-1]
        total = np.zeros_like(x)
        with np.errstate(all="ignore"):
            for offset in range(-self.before, self.size - self.before):
                first, last = max(0, -offset), min(channels, channels - offset)
                if first < last:
                    part = x[..., first + offset : last + offset]
                    total[..., first:last] = total[..., first:last] + part * part
            divisor = powf(np.float32(self.bias) + self.step * total, np.float32(self.beta))
            return (np.asarray(x / divisor, dtype=np.float32),)

    @property
    def before(self) -> int:
        """Channels of the window that lie before its centre."""
        return (self.size - 1) // 2

    @property
    def step(self) -> np.float32:
        """alpha / size."""
        return np.float32(self.alpha / self.size)


@imports("LRN")
def _import_lrn(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    rank = node.type(0, b).rank
    if rank < 2:
        raise node.error(f"an operand of {rank} dimensions has no channels", code=TC_OPERANDS)
    op = LocalResponseNorm(
        node.attr_int("size"),
        node.attr_float("alpha", 1e-4),
        node.attr_float("beta", 0.75),
        node.attr_float("bias", 1.0),
    )
    last = b.add1(Transpose((0, *range(2, rank), 1)), node.input(0), origins=node.origins)
    y = b.add1(op, last, origins=node.origins, hint=node.name)
    return [b.add1(Transpose((0, rank - 1, *range(1, rank - 1))), y, origins=node.origins)]


def _args(site: Site) -> tuple[Arg, ...]:
    op, shape = site.op, site.ins[0].shape
    assert isinstance(op, LocalResponseNorm)
    fields = (
        ("rows", math.prod(shape[:-1])),
        ("channels", shape[-1]),
        ("before", op.before),
        ("after", op.size - 1 - op.before),
        ("step", float(op.step)),
        ("beta", float(np.float32(op.beta))),
        ("bias", float(np.float32(op.bias))),
    )
    return (In(0), Out(0), Struct("tc_lrn_t", fields))


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4F cycles: a power of float32 per element, and the channels around it."""
    assert isinstance(site.op, LocalResponseNorm)
    return site.outs[0].elements * (3900.0 + 10.0 * site.op.size) + 60.0


kernels(LocalResponseNorm, Kernel("tc_lrn_f32", _args, cycles=_cycles, dtype="float32"))
