"""Functions of one tensor without parameters: mathematics and the simple activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tinycompile.ir import DType, GraphBuilder
from tinycompile.numeric import float_math as fm
from tinycompile.ops.arithmetic import Sub
from tinycompile.ops.broadcast import add_elementwise
from tinycompile.ops.extremes import Max
from tinycompile.ops.pointwise import Pointwise, pointwise_kernels
from tinycompile.ops.registry import imports
from tinycompile.ops.source import SourceNode

ArrayFunction = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Function:
    """A function of a real number: its exact form in float64 and its C form in float32.

    `cycles`: estimated Cortex-M4F cycles an element, for operands of usual magnitude.
    """

    symbol: str
    real: ArrayFunction
    single: ArrayFunction
    cycles: float


def _erf(x: np.ndarray) -> np.ndarray:
    return np.array([math.erf(v) for v in x.ravel()]).reshape(x.shape)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(0.0, x))


def _softplusf(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.float32(0)) + fm.log1pf(fm.expf(-np.abs(x)))


def _hard_swish(x: np.ndarray) -> np.ndarray:
    """x * min(max(x / 6 + 1/2, 0), 1), in the precision of x."""
    step, half = x.dtype.type(1 / 6), x.dtype.type(0.5)
    gate = x * step + half
    return np.asarray(x * np.where(gate < 0, 0, np.where(gate > 1, 1, gate)).astype(x.dtype))


def _gelu(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * x * (1.0 + _erf(x * math.sqrt(0.5))))


def _gelu_tanh(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3))))


def _sign(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, 1, np.where(x < 0, -1, x)).astype(x.dtype)


def _mish(x: np.ndarray) -> np.ndarray:
    return np.asarray(x * np.tanh(_softplus(x)))


def _mishf(x: np.ndarray) -> np.ndarray:
    return x * fm.tanhf(_softplusf(x))


def _softsign(x: np.ndarray) -> np.ndarray:
    """x / (1 + |x|), in the precision of x."""
    return np.asarray(x / (x.dtype.type(1) + np.abs(x)))


def _reciprocal(x: np.ndarray) -> np.ndarray:
    return np.asarray(x.dtype.type(1) / x)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "Abs": Function("tc_abs_f32", np.abs, np.abs, 8.0),
        "Acos": Function("tc_acos_f32", np.arccos, fm.acosf, 38.0),
        "Acosh": Function("tc_acosh_f32", np.arccosh, fm.acoshf, 34.0),
        "Asin": Function("tc_asin_f32", np.arcsin, fm.asinf, 35.0),
        "Asinh": Function("tc_asinh_f32", np.arcsinh, fm.asinhf, 163.0),
        "Atan": Function("tc_atan_f32", np.arctan, fm.atanf, 64.0),
        "Atanh": Function("tc_atanh_f32", np.arctanh, fm.atanhf, 100.0),
        "Ceil": Function("tc_ceil_f32", np.ceil, fm.ceilf, 25.6),
        "Cos": Function("tc_cos_f32", np.cos, fm.cosf, 94.0),
        "Cosh": Function("tc_cosh_f32", np.cosh, fm.coshf, 107.0),
        "Erf": Function("tc_erf_f32", _erf, fm.erff, 77.0),
        "Exp": Function("tc_exp_f32", np.exp, fm.expf, 85.0),
        "Floor": Function("tc_floor_f32", np.floor, fm.floorf, 25.5),
        "Gelu": Function("tc_gelu_f32", _gelu, fm.geluf, 77.5),
        "GeluTanh": Function("tc_gelu_tanh_f32", _gelu_tanh, fm.gelu_tanhf, 110.0),
        "HardSwish": Function("tc_hard_swish_f32", _hard_swish, _hard_swish, 18.0),
        "Log": Function("tc_log_f32", np.log, fm.logf, 46.0),
        "Mish": Function("tc_mish_f32", _mish, _mishf, 271.0),
        "Neg": Function("tc_neg_f32", np.negative, np.negative, 9.0),
        "Reciprocal": Function("tc_reciprocal_f32", _reciprocal, _reciprocal, 22.0),
        "Round": Function("tc_round_f32", np.rint, fm.roundf, 20.0),
        "Sigmoid": Function("tc_sigmoid_f32", _sigmoid, fm.sigmoidf, 108.0),
        "Sign": Function("tc_sign_f32", _sign, _sign, 12.5),
        "Sin": Function("tc_sin_f32", np.sin, fm.sinf, 101.0),
        "Sinh": Function("tc_sinh_f32", np.sinh, fm.sinhf, 113.0),
        "Softplus": Function("tc_softplus_f32", _softplus, _softplusf, 190.0),
        "Softsign": Function("tc_softsign_f32", _softsign, _softsign, 26.0),
        "Sqrt": Function("tc_sqrt_f32", np.sqrt, fm.sqrtf, 22.0),
        "Tan": Function("tc_tan_f32", np.tan, fm.tanf, 124.0),
        "Tanh": Function("tc_tanh_f32", np.tanh, fm.tanhf, 83.0),
    }
)


#: Results of these take the whole range whatever the operand.
_RANGES = {"Sigmoid": (0.0, 1.0), "Tanh": (-1.0, 1.0)}


@dataclass(frozen=True)
class Unary(Pointwise):
    """One of `FUNCTIONS`, element by element."""

    function: str

    @property
    def name(self) -> str:
        return self.function

    @property
    def symbol(self) -> str:
        return FUNCTIONS[self.function].symbol

    @property
    def result_range(self) -> tuple[float, float] | None:
        return _RANGES.get(self.function)

    def real(self, x: np.ndarray) -> np.ndarray:
        return FUNCTIONS[self.function].real(x)

    def single(self, x: np.ndarray) -> np.ndarray:
        return FUNCTIONS[self.function].single(x)


@imports(*(name for name in FUNCTIONS if name not in ("Abs", "Gelu", "GeluTanh", "Neg")))
def _import_unary(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return [b.add1(Unary(node.op_type), node.input(0), origins=node.origins, hint=node.name)]


@imports("Gelu")
def _import_gelu(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    form = node.attr_str("approximate", "none")
    if form not in ("none", "tanh"):
        raise node.error(f"approximate '{form}' is unknown", "use none or tanh")
    function = "Gelu" if form == "none" else "GeluTanh"
    return [b.add1(Unary(function), node.input(0), origins=node.origins, hint=node.name)]


@imports("Abs", "Neg")
def _import_sign_change(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """On raw integers: 0 - x, and max(x, 0 - x)."""
    x, dtype = node.input(0), node.type(0, b).dtype
    if dtype is DType.FLOAT32:
        return [b.add1(Unary(node.op_type), x, origins=node.origins, hint=node.name)]
    negative = add_elementwise(b, Sub(), [b.const(np.zeros((), dtype.numpy), "zero"), x], node.origins)
    if node.op_type == "Neg" or not dtype.is_integer:
        return [negative]
    if dtype.limits[0] == 0:
        return [x]
    return [add_elementwise(b, Max(), [x, negative], node.origins, node.name)]


pointwise_kernels(Unary, **{function.symbol: function.cycles for function in FUNCTIONS.values()})
