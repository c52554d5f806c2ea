"""What the plans of networks must not hold: needless transposes, conversions and copies."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.networks.builders import BUILDERS
from tests.networks.quantised import random_samples
from tests.networks.sequences import SEQUENCES
from tinycompile.compiler import compile

NETWORKS = {**BUILDERS, **SEQUENCES}
#: NCHW inputs of more than one channel are transposed once.
INPUT = {"Transpose": 1}
#: Network -> data movement that a careful engineer would leave, in int8.
MOVEMENT = {
    "mobilenet_v1": INPUT,
    "mobilenet_v2": INPUT,
    "mobilenet_v3_native": INPUT,
    "efficientnet": INPUT,
    "resnet8": INPUT,
    "resnet18": INPUT,
    "odd_windows": INPUT,
    "squeezenet": {**INPUT, "Concat": 4},
    "inception": {**INPUT, "Concat": 3},
    "shufflenet_v1": {**INPUT, "Shuffle": 2, "Concat": 1, "Requantize": 1},
    "shufflenet_v2": {**INPUT, "Shuffle": 3, "Concat": 3, "Slice": 4, "Requantize": 1},
    "unet_nearest": {"Concat": 2, "Requantize": 2},
    "detector": {**INPUT, "Concat": 1, "Slice": 2},
    "audio_1d": {},
    "ds_cnn": {},
    "tcn": INPUT,
    "autoencoder": {},
    "mlp": {},
    "siamese": {},
    "gated_1d": {**INPUT, "Slice": 4},
}
_MOVING = {"Transpose", "Requantize", "Copy", "Concat", "Slice", "Pad", "Reshape", "Shuffle"}


@pytest.mark.parametrize("name", MOVEMENT)
def test_data_are_moved_no_more_than_needed(name: str) -> None:
    model = NETWORKS[name]()
    rows = random_samples(model, 2)
    calibration = {n: np.stack([row[n] for row in rows]) for n in rows[0]}
    program = compile(model, "mps2-an386", calibration=calibration, check=False).program
    moved = Counter(call.op.name for call in program.calls if call.op.name in _MOVING)
    assert moved == MOVEMENT[name]
    assert program.proof.order_exact


def test_activations_that_are_written_out_cost_no_tensor() -> None:
    """x * clip(x + 3, 0, 6) / 6 needs no more than HardSwish, and works in place."""
    native, parts = (
        compile(BUILDERS[f"mobilenet_v3_{kind}"](), "mps2-an386").program for kind in ("native", "parts")
    )
    assert parts.arena == native.arena and len(parts.calls) == len(native.calls)


def test_an_inverted_residual_costs_its_expanded_tensor_once() -> None:
    """The depthwise convolution works in place, the projection and the addition beside it."""
    program = compile(BUILDERS["mobilenet_v2"](), "mps2-an386").program
    widest = max(operand.type.nbytes for call in program.calls for operand in call.outs)
    inputs = max(
        operand.type.nbytes for call in program.calls for operand in call.ins if operand.offset is not None
    )
    assert program.arena <= widest + inputs
