"""Passes on random graphs: the same results, valid graphs, and nothing done twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.passes.graphs import ACTIVATION, STEPS, random_graph, sample, seeds, step_lists
from tinycompile.ir import Graph, verify
from tinycompile.ops.layout import Copy, Reshape, Transpose
from tinycompile.ops.quantise import Dequantize
from tinycompile.passes import canonical, lower
from tinycompile.passes.activations import FuseActivations
from tinycompile.passes.affine import FoldAffine
from tinycompile.passes.constants import FoldConstants, MoveQuantisedConstants
from tinycompile.passes.duplicates import MergeDuplicates, RemoveDead
from tinycompile.passes.identities import SimplifyMovement
from tinycompile.passes.layouts import ChooseLayouts
from tinycompile.passes.matmuls import UseFullyConnected
from tinycompile.passes.pads import MergePads
from tinycompile.passes.pipeline import FUSE, INTEGERS, TIDY
from tinycompile.passes.rewrite import Pass, fixed_point
from tinycompile.passes.transposes import PermuteWeights, SinkBelowReshapes
from tinycompile.sim.reference import evaluate

#: Passes that reorder no arithmetic.
EXACT: tuple[Pass, ...] = (
    FoldConstants(),
    MoveQuantisedConstants(),
    SimplifyMovement(),
    MergeDuplicates(),
    RemoveDead(),
    ChooseLayouts(),
    SinkBelowReshapes(),
    UseFullyConnected(),
    FuseActivations(),
    MergePads(),
)
#: Passes that round weights or change the order of sums.
ROUNDING: tuple[Pass, ...] = (FoldAffine(), PermuteWeights())


def transposed_bytes(graph: Graph) -> int:
    """What the transposes of computed values move."""
    return sum(graph.type(n.outputs[0]).nbytes for n in graph.nodes if isinstance(n.op, Transpose))


def computing(graph: Graph) -> int:
    """The number of nodes that do more than change a layout or a shape."""
    return sum(not isinstance(n.op, Copy | Reshape | Transpose) for n in graph.nodes)


def assert_same(before: Graph, after: Graph, seed: int, tolerance: float) -> None:
    inputs = sample(before, seed)
    want, got = evaluate(before, inputs), evaluate(after, inputs)
    assert list(want) == list(got)
    for name, array in want.items():
        assert after.type(name).dtype == before.type(name).dtype
        if tolerance == 0:
            np.testing.assert_array_equal(got[name], array)
        else:
            largest = 1 + float(np.abs(array).max(initial=0))
            np.testing.assert_allclose(got[name], array, rtol=tolerance, atol=tolerance * largest)


@pytest.mark.parametrize("step", [*EXACT, *ROUNDING], ids=lambda p: p.name)
@settings(max_examples=25, deadline=None)
@given(seed=seeds, steps=step_lists)
def test_each_pass_keeps_the_results(step: Pass, seed: int, steps: list[int]) -> None:
    graph = random_graph(seed, steps, classify=seed % 2 == 0)
    changed = verify(step.run(graph), step.name)
    assert_same(graph, changed, seed, 1e-5 if step in ROUNDING else 0)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, steps=step_lists)
def test_canonical_keeps_the_results_and_moves_no_more_bytes(seed: int, steps: list[int]) -> None:
    graph = random_graph(seed, steps, classify=seed % 2 == 0)
    simple = canonical(graph)
    assert_same(graph, simple, seed, 1e-4)
    assert transposed_bytes(simple) <= transposed_bytes(graph)
    assert computing(simple) <= computing(graph)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, steps=step_lists)
def test_canonical_comes_to_an_end(seed: int, steps: list[int]) -> None:
    simple = canonical(random_graph(seed, steps))
    for step in (*TIDY, *FUSE):
        assert step.run(simple) is simple
    assert canonical(simple) is simple


@settings(max_examples=60, deadline=None)
@given(seed=seeds, steps=st.lists(st.integers(0, len(STEPS) - 1), min_size=1, max_size=3))
def test_lower_is_within_a_few_steps_of_the_qdq_graph(seed: int, steps: list[int]) -> None:
    graph = random_graph(seed, steps, quantise=True)
    lowered = lower(graph)
    inputs = sample(graph, seed)
    want, got = evaluate(graph, inputs), evaluate(lowered, inputs)
    for name, array in want.items():
        difference = np.abs(got[name] - array) / ACTIVATION.scale0
        assert difference.max() <= 2 ** len(steps)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, steps=step_lists)
def test_lower_comes_to_an_end(seed: int, steps: list[int]) -> None:
    lowered = lower(random_graph(seed, steps, quantise=True))
    assert fixed_point(lowered, (*INTEGERS, *TIDY, *FUSE)) is lowered
    inner = [n for n in lowered.nodes if isinstance(n.op, Dequantize)]
    assert all(n.outputs[0] in lowered.outputs or lowered.notes for n in inner)
