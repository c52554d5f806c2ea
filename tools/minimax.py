"""Fit the polynomials of `runtime_c/include/tc_math_*.h`: print each one with its remaining relative error.

Remez exchange on a dense grid. Single precision coefficients are rounded one after another, lowest power
first, and the rest is fitted again each time, so that the later ones absorb the rounding of the earlier ones.
Run it as `python tools/minimax.py`; it needs NumPy and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """Find p with `target(x) ~ p(x)`, `terms` coefficients, where an error of p counts `weight(x)` times."""

    name: str
    low: float
    high: float
    terms: int
    target: Callable[[Array], Array]
    weight: Callable[[Array], Array]
    dtype: type[np.floating] = np.float32


def remez(x: Array, target: Array, weight: Array, powers: list[int]) -> tuple[Array, float]:
    """Coefficients of x**powers that minimise max |weight * (target - p)| over the grid, and that maximum."""
    count = len(powers) + 1
    picks = np.round(np.linspace(0, x.size - 1, count)).astype(int)  # x itself is spaced as Chebyshev nodes
    basis = np.stack([x**power for power in powers], axis=1)
    for _ in range(30):
        signs = (-1.0) ** np.arange(count) / weight[picks]
        solution = np.linalg.solve(np.column_stack([basis[picks], signs]), target[picks])
        error = weight * (target - basis @ solution[:-1])
        moved = alternating_extremes(error, count)
        if moved.size != count:
            raise ArithmeticError("the error does not alternate: the grid or the target is too coarse")
        if np.array_equal(moved, picks):
            break
        picks = moved
    return solution[:-1], float(np.abs(error).max())


def alternating_extremes(error: Array, count: int) -> NDArray[np.intp]:
    """`count` places of large |error| with alternating signs (fewer if the error has not as many runs)."""
    edges = np.flatnonzero(np.diff(np.signbit(error))) + 1
    runs = np.split(np.arange(error.size), edges)
    picks = [int(run[np.argmax(np.abs(error[run]))]) for run in runs]
    while len(picks) > count:
        sizes = np.abs(error[picks])
        weakest = int(np.argmin(sizes))
        if len(picks) == count + 1 or weakest in (0, len(picks) - 1):
            picks.pop(0 if sizes[0] < sizes[-1] else -1)
        else:  # its neighbours have the same sign: only the larger one of them stays
            other = weakest + (1 if sizes[weakest + 1] < sizes[weakest - 1] else -1)
            for place in sorted((weakest, other), reverse=True):
                picks.pop(place)
    return np.array(picks)


def fit(problem: Fit) -> tuple[Array, float]:
    """The rounded coefficients, lowest power first, and the weighted error that they leave."""
    theta = np.linspace(0.0, np.pi, 20001)
    x = problem.low + (problem.high - problem.low) * (0.5 - 0.5 * np.cos(theta))
    target, weight = problem.target(x), problem.weight(x)
    weight = np.maximum(weight, 1e-6 * weight.max())  # the exchange divides by it
    if problem.dtype is np.float64:
        return remez(x, target, weight, list(range(problem.terms)))
    fixed = np.zeros(problem.terms)
    rest = target.copy()
    for power in range(problem.terms):
        coefficients, _ = remez(x, rest, weight, list(range(power, problem.terms)))
        fixed[power] = problem.dtype(coefficients[0])
        rest = rest - fixed[power] * x**power
    return fixed, float(np.abs(weight * rest).max())


def ratio_series(x: Array, closed: Callable[[Array], Array], series: list[float], below: float) -> Array:
    """`closed(x)`, replaced by its Taylor series where cancellation would spoil it."""
    taylor = sum(term * x**power for power, term in enumerate(series))
    return np.where(np.abs(x) < below, taylor, closed(np.where(np.abs(x) < below, below, x)))


def odd_tail(fn: Callable[[Array], Array], series: list[float], below: float) -> Callable[[Array], Array]:
    """p of `fn(t) = t + t * z * p(z)` with z = t * t."""

    def closed(z: Array) -> Array:
        t = np.sqrt(z)
        return (fn(t) - t) / (t * z)

    return lambda z: ratio_series(z, closed, series, below)


def odd_weight(fn: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def weight(z: Array) -> Array:
        t = np.sqrt(np.maximum(z, 1e-30))
        return np.asarray(t * z / fn(t))

    return weight


def exp_tail(r: Array) -> Array:
    series = [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040, 1 / 40320, 1 / 362880]
    return ratio_series(r, lambda v: (np.expm1(v) - v) / v**2, series, 0.05)


def log_tail(z: Array) -> Array:
    """(log((1 + s) / (1 - s)) / s - 2) / z with z = s * s."""
    series = [2 / (2 * k + 3) for k in range(9)]
    return ratio_series(z, lambda v: (2 * np.arctanh(np.sqrt(v)) / np.sqrt(v) - 2) / v, series, 0.03)


def cos_tail(z: Array) -> Array:
    series = [1 / 24, -1 / 720, 1 / 40320, -1 / 3628800, 1 / 479001600]
    return ratio_series(z, lambda v: (np.cos(np.sqrt(v)) - 1 + v / 2) / v**2, series, 0.3)


def problems() -> list[Fit]:
    half_ln2, tiny = 0.5 * np.log(2.0) + 1e-4, 1e-30
    tanh_series = [-1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925, 21844 / 6081075, -929569 / 638512875]
    sin_series = [-1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800]
    atan_series = [(-1) ** (k + 1) / (2 * k + 3) for k in range(9)]
    asin_series = [1 / 6, 3 / 40, 5 / 112, 35 / 1152, 63 / 2816, 231 / 13312, 143 / 10240]
    sqrt2_s = (np.sqrt(2.0) - 1) / (np.sqrt(2.0) + 1) * (1 + 1e-6)

    def erf_slope(z: Array) -> Array:
        t = np.sqrt(np.maximum(z, tiny))
        return np.asarray(special.erf(t) / t - 1)

    return [
        Fit("exp", -half_ln2, half_ln2, 5, exp_tail, lambda r: r**2 / np.exp(r)),
        Fit("log", 0.0, sqrt2_s**2, 3, log_tail, lambda z: z / 2),
        Fit("tanh", 0.0, 0.625**2, 5, odd_tail(np.tanh, tanh_series, 0.02), odd_weight(np.tanh)),
        Fit("erf", 0.0, 0.875**2, 7, erf_slope, lambda z: 1 / (erf_slope(z) + 1)),
        Fit("log erfc", 0.875, 3.9375, 8, lambda x: np.log(special.erfc(x)), lambda x: special.erfc(x)),
        Fit("sin", 0.0, (np.pi / 4) ** 2, 4, odd_tail(np.sin, sin_series, 0.2), odd_weight(np.sin)),
        Fit("cos", 0.0, (np.pi / 4) ** 2, 3, cos_tail, lambda z: z**2 / np.cos(np.sqrt(z))),
        Fit("atan", 0.0, 0.4143**2, 5, odd_tail(np.arctan, atan_series, 0.02), odd_weight(np.arctan)),
        Fit("asin", 0.0, 0.25, 5, odd_tail(np.arcsin, asin_series, 0.01), odd_weight(np.arcsin)),
        Fit("log, double", 0.0, sqrt2_s**2, 5, log_tail, lambda z: z / 2, np.float64),
        Fit("exp, double", -half_ln2, half_ln2, 9, np.exp, lambda r: np.exp(-r), np.float64),
    ]


def main() -> None:
    for problem in problems():
        coefficients, error = fit(problem)
        digits = 9 if problem.dtype is np.float32 else 17
        text = ", ".join(f"{value:.{digits}g}" for value in coefficients)
        print(f"{problem.name}: 2^{np.log2(error):.1f}: {text}")


if __name__ == "__main__":
    main()
