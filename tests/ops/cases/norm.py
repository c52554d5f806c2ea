"""Normalisations."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_RNG = np.random.default_rng(3)
_X = TensorSpec((2, 4, 3, 5))


def _vector(*shape: int, low: float = -2.0) -> np.ndarray:
    return _RNG.uniform(low, 2.0, shape).astype(np.float32)


_BATCH_NORM = [_vector(4), _vector(4), _vector(4), _vector(4, low=0.1)]

CASES = [
    OpCase("batch_norm", "BatchNormalization", [_X, *_BATCH_NORM]),
    OpCase("batch_norm_vector", "BatchNormalization", [TensorSpec((3, 4)), *_BATCH_NORM], {"epsilon": 0.01}),
    OpCase("batch_norm_opset9", "BatchNormalization", [TensorSpec((2, 4, 5)), *_BATCH_NORM], opset=9),
    OpCase(
        "batch_norm_run_time",
        "BatchNormalization",
        [_X, *(TensorSpec((4,)) for _ in range(3)), TensorSpec((4,), low=0.1)],
    ),
    OpCase("layer_norm", "LayerNormalization", [_X, _vector(5), _vector(5)]),
    OpCase("layer_norm_no_bias", "LayerNormalization", [_X, _vector(5)]),
    OpCase("layer_norm_axis1", "LayerNormalization", [_X, _vector(4, 3, 5), _vector(4, 3, 5)], {"axis": 1}),
    OpCase("layer_norm_epsilon", "LayerNormalization", [_X, _vector(3, 5)], {"axis": -2, "epsilon": 0.3}),
    OpCase("layer_norm_statistics", "LayerNormalization", [_X, _vector(5), _vector(5)], outputs=3),
    OpCase(
        "layer_norm_island",
        "LayerNormalization",
        [TensorSpec((3, 8)), TensorSpec((8,)), TensorSpec((8,))],
        int8=True,
        integer=False,
    ),
    OpCase("rms_norm", "RMSNormalization", [_X, _vector(5)], opset=23),
    OpCase("rms_norm_axis2", "RMSNormalization", [_X, _vector(3, 5)], {"axis": 2}, opset=23),
    OpCase("instance_norm", "InstanceNormalization", [_X, _vector(4), _vector(4)]),
    OpCase("instance_norm_1d", "InstanceNormalization", [TensorSpec((2, 4, 6)), _vector(4), _vector(4)]),
    OpCase("group_norm", "GroupNormalization", [_X, _vector(4), _vector(4)], {"num_groups": 2}, opset=21),
    OpCase("lp_norm_1", "LpNormalization", [_X], {"axis": 1, "p": 1}),
    OpCase("lp_norm_2", "LpNormalization", [_X], {"axis": -1, "p": 2}),
    OpCase("lrn", "LRN", [_X], {"size": 3, "alpha": 0.3, "beta": 0.6, "bias": 1.5}),
    OpCase("lrn_wide", "LRN", [_X], {"size": 7}),
    OpCase("mean_variance", "MeanVarianceNormalization", [_X]),
    OpCase("mean_variance_axes", "MeanVarianceNormalization", [_X], {"axes": [2, 3]}),
]
