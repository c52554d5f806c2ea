"""Single precision functions without libm, bit for bit those of `runtime_c/include/tc_math.h`.

Each takes anything that converts to a float32 array (two operands broadcast) and returns float32 of that
shape. The C name is the same with `tc_` before it. NaN results have the pattern 0x7fc00000. The accuracies
stand in `docs/numerics.md`.
"""

from __future__ import annotations

from tinycompile.numeric.float_activation import erff, gelu_tanhf, geluf, sigmoidf, tanhf
from tinycompile.numeric.float_exp import expf, expm1f, log1pf, logf
from tinycompile.numeric.float_hyperbolic import acoshf, asinhf, atanhf, coshf, sinhf
from tinycompile.numeric.float_pow import powf
from tinycompile.numeric.float_round import ceilf, floorf, fmodf, maxf, minf, roundf, sqrtf, truncf
from tinycompile.numeric.float_trig import acosf, asinf, atanf, cosf, sinf, tanf

__all__ = [
    "acosf",
    "acoshf",
    "asinf",
    "asinhf",
    "atanf",
    "atanhf",
    "ceilf",
    "cosf",
    "coshf",
    "erff",
    "expf",
    "expm1f",
    "floorf",
    "fmodf",
    "gelu_tanhf",
    "geluf",
    "log1pf",
    "logf",
    "maxf",
    "minf",
    "powf",
    "roundf",
    "sigmoidf",
    "sinf",
    "sinhf",
    "sqrtf",
    "tanf",
    "tanhf",
    "truncf",
]
