"""What operators say of their channels: bounds hold and are reached, fewer channels give the same."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.ops.channel_cases import CASES, ELEMENTWISE, WEIGHTED, Case, setting_of
from tinycompile.ir import Bounds, ChannelSite, Constant, DType, Kept, Op, TensorType
from tinycompile.ir.channels import channel_count, narrowed
from tinycompile.ops.arithmetic import Div
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.conv_transpose import ConvTranspose2D
from tinycompile.ops.matmul import FullyConnected


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.parametrize("seed", range(6))
def test_results_lie_within_bounds(case: Case, seed: int) -> None:
    rng = np.random.default_rng([seed, *case.name.encode()])
    setting = setting_of(case, rng)
    bounds = case.op.channel_bounds(setting.at)
    assert (bounds is not None) == case.reached
    if bounds is None:
        return
    assert len(bounds.low) == channel_count(setting.at.outs[0]) and (bounds.low <= bounds.high).all()
    for _ in range(12):
        (y,) = case.op.evaluate(setting.sample(rng), setting.at.ins, setting.at.outs)
        found = Bounds.of_data(y)
        assert (bounds.low <= found.low).all() and (found.high <= bounds.high).all()


@pytest.mark.parametrize("case", [c for c in CASES if c.weights], ids=lambda c: c.name)
def test_bounds_of_weighted_sums_are_reached(case: Case) -> None:
    """At every place alone, with each operand at the end that its weight asks for."""
    rng = np.random.default_rng(list(case.name.encode()))
    at = setting_of(case, rng).at
    bounds = case.op.channel_bounds(at)
    assert bounds is not None
    low, high = (np.full(channel_count(at.outs[0]), limit) for limit in (127, -128))
    for channel in range(channel_count(at.outs[0])):
        for place in np.ndindex(at.outs[0].shape[:-1]):
            pull = _pull(case.op, at, (*place, channel))
            for sign, ends, pick in ((1, high, np.maximum), (-1, low, np.minimum)):
                x = np.where(sign * pull > 0, at.bounds[0].high, at.bounds[0].low).astype(np.int8)
                operands = [x, *(c for c in at.consts if c is not None)]
                y = case.op.evaluate(operands, at.ins, at.outs)[0][(*place, channel)]
                ends[channel] = pick(ends[channel], y)
    np.testing.assert_array_equal(low, bounds.low)
    np.testing.assert_array_equal(high, bounds.high)


@pytest.mark.parametrize("case", [c for c in CASES if isinstance(c.op, ELEMENTWISE)], ids=lambda c: c.name)
@pytest.mark.parametrize("seed", range(3))
def test_bounds_of_elementwise_operators_are_reached(case: Case, seed: int) -> None:
    """By all combinations of all values of a channel."""
    rng = np.random.default_rng([seed, *case.name.encode()])
    at = setting_of(case, rng).at
    bounds = case.op.channel_bounds(at)
    assert bounds is not None
    for channel in range(channel_count(at.outs[0])):
        own = [(b.low[channel % len(b.low)], b.high[channel % len(b.low)]) for b in at.bounds]
        grid = np.meshgrid(*(np.arange(low, high + 1, dtype=np.int8) for low, high in own))
        types = tuple(t.with_shape(grid[0].shape) for t in at.ins)
        (y,) = case.op.evaluate(grid, types, (at.outs[0].with_shape(grid[0].shape),))
        assert (y.min(), y.max()) == (bounds.low[channel], bounds.high[channel])


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.reached and not isinstance(c.op, (*ELEMENTWISE, *WEIGHTED))],
    ids=lambda c: c.name,
)
def test_bounds_of_rising_operators_are_reached(case: Case) -> None:
    at = setting_of(case, np.random.default_rng(list(case.name.encode()))).at
    bounds = case.op.channel_bounds(at)
    assert bounds is not None
    for side, reached in (("low", bounds.low), ("high", bounds.high)):
        xs = [
            np.broadcast_to(getattr(b, side).astype(np.int8), t.shape)
            for b, t in zip(at.bounds, at.ins, strict=True)
        ]
        found = Bounds.of_data(case.op.evaluate(xs, at.ins, at.outs)[0])
        np.testing.assert_array_equal(getattr(found, side), reached)


def test_a_divisor_that_may_be_zero_says_nothing() -> None:
    at = setting_of(next(c for c in CASES if c.name == "div"), np.random.default_rng(0)).at
    crossing = replace(at, bounds=(at.bounds[0], Bounds(at.bounds[1].low, at.bounds[1].high)))
    crossing.bounds[1].low[3] = -128
    assert Div().channel_bounds(crossing) is None


def _pull(op: Op, at: ChannelSite, place: tuple[int, ...]) -> np.ndarray:
    """The weight of every element of the operand in the sum of one element of the result."""
    shape, w = at.ins[0].shape, at.consts[1]
    assert w is not None
    pull = np.zeros(shape, np.int64)
    image, channel = place[0], place[-1]
    if isinstance(op, FullyConnected):
        pull[image] = w[channel]
        return pull
    assert isinstance(op, Conv2D | ConvTranspose2D)
    window, width = op.window, w.shape[3]
    first = channel // (w.shape[0] // op.groups) * width
    for ky, kx in np.ndindex(window.kernel):
        spots = []
        for axis, k in ((0, ky), (1, kx)):
            shift, stride = k * window.dilations[axis] - window.pads[axis], window.strides[axis]
            if isinstance(op, Conv2D):
                spots.append(float(place[axis + 1] * stride + shift))
            else:
                spots.append((place[axis + 1] - shift) / stride)
        inside = all(math.floor(s) == s and 0 <= s < shape[axis + 1] for axis, s in enumerate(spots))
        if inside:
            pull[image, int(spots[0]), int(spots[1]), first : first + width] = w[channel, ky, kx]
    return pull


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.parametrize("seed", range(8))
def test_fewer_channels_give_the_same_results(case: Case, seed: int) -> None:
    rng = np.random.default_rng([seed, *case.name.encode()])
    setting = setting_of(case, rng)
    at = setting.at
    kept = _closed(case.op, at, rng)
    fewer = case.op.on_channels(at, kept)
    ins, outs = [], (narrowed(at.outs[0], kept.out),)
    for operand in fewer.operands:
        if isinstance(operand, Constant):
            ins.append(TensorType(operand.data.shape, DType.of(operand.data.dtype), operand.quant))
        else:
            ins.append(
                at.ins[operand]
                if at.consts[operand] is not None
                else narrowed(at.ins[operand], kept.ins[operand])
            )
    assert fewer.op.infer(tuple(ins))[0].shape == outs[0].shape
    for _ in range(4):
        xs = setting.sample(rng)
        (whole,) = case.op.evaluate(xs, at.ins, at.outs)
        operands = [
            o.data
            if isinstance(o, Constant)
            else xs[o]
            if at.consts[o] is not None
            else np.ascontiguousarray(xs[o][..., kept.ins[o]])
            for o in fewer.operands
        ]
        (part,) = fewer.op.evaluate(operands, tuple(ins), outs)
        np.testing.assert_array_equal(part, whole[..., kept.out])


def _closed(op: Op, at: ChannelSite, rng: np.random.Generator) -> Kept:
    """Random channels of the result, and of operands that others read, with what these ask for."""
    out = rng.random(channel_count(at.outs[0])) < 0.4
    out[rng.integers(len(out))] = True
    ins = [rng.random(channel_count(t)) < rng.choice([0.0, 0.4]) for t in at.ins]
    start = Kept(
        tuple(i if c is None else np.zeros_like(i) for i, c in zip(ins, at.consts, strict=True)), out
    )
    kept = op.kept_channels(at, start)
    for before, after in zip((*start.ins, start.out), (*kept.ins, kept.out), strict=True):
        assert (before <= after).all()
    again = op.kept_channels(at, kept)
    for one, other in zip((*kept.ins, kept.out), (*again.ins, again.out), strict=True):
        np.testing.assert_array_equal(one, other)
    return kept
