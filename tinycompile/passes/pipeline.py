"""The named pipelines, to be read from top to bottom."""

from __future__ import annotations

from tinycompile.ir import Graph
from tinycompile.passes.activations import FuseActivations
from tinycompile.passes.affine import FoldAffine
from tinycompile.passes.annotate import Annotate
from tinycompile.passes.channel_scales import ConvolveChannelScales
from tinycompile.passes.constants import FoldConstants, MoveQuantisedConstants
from tinycompile.passes.crops import MergeCrops
from tinycompile.passes.dead_channels import RemoveDeadChannels
from tinycompile.passes.duplicates import MergeDuplicates, RemoveDead
from tinycompile.passes.functions import RecogniseFunctions, TabulateFunctions
from tinycompile.passes.identities import SimplifyMovement
from tinycompile.passes.integers import FormIntegers
from tinycompile.passes.islands import DequantiseConstants, NoteFloatIslands, quantises_activations
from tinycompile.passes.layouts import ChooseLayouts
from tinycompile.passes.matmuls import UseFullyConnected
from tinycompile.passes.pads import MergePads
from tinycompile.passes.qdq_pairs import CancelPairs, MoveInteger
from tinycompile.passes.rewrite import Pass, apply, fixed_point
from tinycompile.passes.shuffles import RecogniseShuffles
from tinycompile.passes.signs import SignBytes
from tinycompile.passes.transposes import PermuteWeights, RaiseAboveReshapes, SinkBelowReshapes

#: Cheaper graphs that compute the same; before and after everything else.
TIDY: tuple[Pass, ...] = (
    FoldConstants(),
    MoveQuantisedConstants(),
    SimplifyMovement(),
    MergeDuplicates(),
    RemoveDead(),
)

#: Matrices, layouts and affine steps: what must be settled before activations hide a shift.
LINEAR: tuple[Pass, ...] = (
    UseFullyConnected(),
    ChooseLayouts(),
    SinkBelowReshapes(),
    RaiseAboveReshapes(),
    PermuteWeights(),
    MergeCrops(),
    FoldAffine(),
)

#: Fewer nodes around the operators that do the work.
FUSE: tuple[Pass, ...] = (*LINEAR, FuseActivations(), MergePads())

#: QDQ pairs become integer operators.
INTEGERS: tuple[Pass, ...] = (Annotate(), SignBytes(), MoveInteger(), CancelPairs(), FormIntegers())


def canonical(graph: Graph) -> Graph:
    """The graph with constants folded, transposes cancelled, and affine steps, activations and pads fused.

    For float graphs before calibration, where weights that are stored as integers become floats; a
    graph with quantised activations keeps its Quantize and Dequantize nodes.
    """
    if not quantises_activations(graph):
        graph = apply(graph, (DequantiseConstants(),))
    graph = apply(fixed_point(graph, TIDY), (RecogniseFunctions(), RecogniseShuffles()), TIDY)
    graph = fixed_point(graph, LINEAR, TIDY)
    return fixed_point(apply(graph, (ConvolveChannelScales(),)), FUSE, TIDY)


def lower(graph: Graph) -> Graph:
    """The graph as it is planned: canonical, its QDQ pairs folded into integer operators, the rest noted."""
    graph = canonical(graph)
    graph = fixed_point(graph, (*INTEGERS, *FUSE), TIDY)
    graph = apply(graph, (DequantiseConstants(), TabulateFunctions()), TIDY)
    graph = fixed_point(graph, FUSE, TIDY)
    return apply(graph, (NoteFloatIslands(),))


def without_dead_channels(graph: Graph) -> Graph:
    """The graph as it is planned without channels that are constant or unread.

    Last of all: only on integer operators do intervals say what is exact, and every pass that merges nodes
    or moves weights has made its channels those that kernels see.
    """
    return fixed_point(graph, (RemoveDeadChannels(),), TIDY)
