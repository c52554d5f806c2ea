"""Which constants may hold infinities: bounds and masks may, weights may not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinycompile.errors import Diagnostic, ModelError
from tinycompile.frontends.codes import NOT_FINITE
from tinycompile.ir import Graph

#: Where infinity is an honest operand: bounds, masks, padding, comparisons, and what moves elements to them.
_INFINITY_ALLOWED = frozenset(
    {
        "Clip",
        "Min",
        "Max",
        "Where",
        "Pad",
        "Add",
        "Sub",
        "Equal",
        "Greater",
        "GreaterOrEqual",
        "Less",
        "LessOrEqual",
        "IsInf",
        "Identity",
        "Reshape",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
        "Transpose",
        "Expand",
        "Tile",
        "Slice",
        "Split",
        "Concat",
        "Gather",
        "Cast",
        "CastLike",
        "Neg",
        "Trilu",
        "ScatterND",
        "ScatterElements",
        "ConstantOfShape",
        "ReduceMax",
        "ReduceMin",
    }
)


def check_finite(array: np.ndarray, what: str, name: str, readers: Sequence[str]) -> None:
    """Refuse NaN, and infinities that reach anything but bounds and masks; `readers` are operator types.

    Raises:
        ModelError: naming the tensor and how many elements are affected.
    """
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    nans, infinities = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    if not nans and all(reader in _INFINITY_ALLOWED for reader in readers):
        return
    raise _not_finite(what, name, nans, infinities, array.size)


def check_graph_constants(graph: Graph) -> None:
    """The same for what constant folding made: NaN anywhere, infinity where products are summed.

    Raises:
        ModelError: with a finding per node.
    """
    found: list[Diagnostic] = []
    for node in graph.nodes:
        sums_products = node.op.macs(graph.in_types(node), graph.out_types(node)) > 0
        for name, data in zip(node.inputs, graph.consts(node), strict=True):
            if data is None or data.dtype.kind != "f" or np.isfinite(data).all():
                continue
            nans, infinities = int(np.isnan(data).sum()), int(np.isinf(data).sum())
            if nans or sums_products:
                what = f"constant '{name}' of {', '.join(node.origins) or node.op.name}"
                found.extend(_not_finite(what, name, nans, infinities, data.size).diagnostics)
    if found:
        raise ModelError(found)


def _not_finite(what: str, name: str, nans: int, infinities: int, size: int) -> ModelError:
    parts = [f"{count} {kind}" for count, kind in ((nans, "NaN"), (infinities, "infinite")) if count]
    message = f"{what} has {' and '.join(parts)} of {size} elements"
    return ModelError(Diagnostic(NOT_FINITE, message, (name,), "train or export the model again"))
