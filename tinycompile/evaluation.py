"""How well a compiled model does: accuracy, and agreement with the source model in onnxruntime."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tinycompile.artifact import Artifact
from tinycompile.data import match_inputs, to_port_type
from tinycompile.errors import Diagnostic, ModelError, UsageError, declare
from tinycompile.execution import Place, Progress, execute, simulate
from tinycompile.frontends.onnx_session import ReferenceSession
from tinycompile.numeric import dequantize, quantize
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.plan.program import Port, Program

TC_LABELS = declare(
    "TC323",
    "Labels do not fit the samples",
    "`evaluate` takes one whole number per sample, or one row of scores, from the array y. Numbers are those "
    "of elements of the first output, from 0 on.",
)

Array = npt.NDArray[np.generic]
Where = Literal["simulator"] | Place


@dataclass(frozen=True)
class Evaluation:
    """Figures over all samples; None where labels or onnxruntime's results are missing.

    Attributes:
        accuracy: share of samples whose top-1 is the label. A single output above one half (0 for integers
            without a scale) means class 1.
        agreement: share of samples with the same top-1 as onnxruntime.
        max_abs_diff: largest difference to onnxruntime over all outputs, in real units.
        max_step_diff: the same in quantisation steps, for integer outputs.
        identical: share of output elements that are equal bit for bit, floats of onnxruntime quantised first.
        reference_accuracy: accuracy of onnxruntime.
        note: why something is missing.
    """

    samples: int
    accuracy: float | None
    agreement: float | None
    max_abs_diff: float | None
    max_step_diff: int | None
    identical: float | None
    reference_accuracy: float | None
    note: str = ""


def evaluate(
    artifact: Artifact, arrays: Mapping[str, Array], place: Where, progress: Progress | None = None
) -> Evaluation:
    """Run every sample of `arrays` (inputs by name or as `x`, labels as `y`) and compare.

    Raises:
        UsageError: the arrays do not fit the model.
        ToolchainError, TargetError, VerificationError: see the build layer.
    """
    program = artifact.program
    data = {n: a for n, a in arrays.items() if n != "y" or any(p.name == "y" for p in program.inputs)}
    samples = match_inputs(program.inputs, data)
    labels = _labels(arrays.get("y"), samples)
    _check_classes(labels, program)
    if place == "simulator":
        outputs = simulate(program, samples, progress)
    else:
        outputs = execute(artifact, place, samples)[1]
    return assess(artifact, samples, outputs, labels, progress)


def assess(
    artifact: Artifact,
    samples: Mapping[str, Array],
    outputs: Mapping[str, Array],
    labels: npt.NDArray[np.int64] | None,
    progress: Progress | None = None,
) -> Evaluation:
    """Hold `outputs` [count, *shape] by name against labels int64[count] and onnxruntime."""
    try:
        expected = _reference(artifact, samples, progress)
    except ModelError as error:
        return _alone(artifact.program, outputs, labels, error.diagnostics[0].message)
    program = artifact.program
    theirs = {p.name: _at_edge(program, p, expected[p.name]) for p in program.outputs}
    return _compared(program, outputs, theirs, labels)


def _labels(y: Array | None, samples: Mapping[str, Array]) -> npt.NDArray[np.int64] | None:
    """int64[count] of class numbers; rows of scores (one-hot) give the class with the highest."""
    if y is None:
        return None
    count = len(next(iter(samples.values()))) if samples else 0
    if y.shape == (count,) or y.size == count:
        flat = y.reshape(-1)
    elif y.ndim == 2 and len(y) == count:
        flat = y.argmax(axis=1)
    else:
        raise UsageError(
            Diagnostic(
                TC_LABELS,
                f"{count} samples come with labels of shape {list(y.shape)}",
                ("y",),
                "save one label per sample as y",
            )
        )
    if flat.dtype.kind not in "fiub" or not np.array_equal(flat, np.rint(flat)):
        raise UsageError(
            Diagnostic(TC_LABELS, "the labels are not whole numbers", ("y",), "save class numbers as y")
        )
    return flat.astype(np.int64)


def _check_classes(labels: npt.NDArray[np.int64] | None, program: Program) -> None:
    """Refuse labels that stand for no element of the first output: of another task, or counted from 1."""
    classes = math.prod(program.outputs[0].type.shape)
    if labels is None or classes < 2 or int(labels.max(initial=0)) < classes:
        return
    message = f"there are labels up to {labels.max()}, and the first output has {classes} elements"
    raise UsageError(Diagnostic(TC_LABELS, message, ("y",), "save class numbers from 0 on as y"))


def _reference(
    artifact: Artifact, samples: Mapping[str, Array], progress: Progress | None
) -> dict[str, Array]:
    """onnxruntime's outputs [count, *shape] by name."""
    session = ReferenceSession(artifact.source)
    program = artifact.program
    feeds = {p.name: _feed(program, p, samples[p.name], session.input_dtypes[p.name]) for p in program.inputs}
    count = len(next(iter(samples.values()))) if samples else 1
    rows: dict[str, list[Array]] = {name: [] for name in session.output_names}
    for index in range(count):
        for name, array in session.run({n: a[index] for n, a in feeds.items()}).items():
            rows[name].append(array)
        if progress is not None:
            progress(index + 1, count)
    return {name: np.stack(found) for name, found in rows.items()}


def _feed(program: Program, port: Port, samples: Array, dtype: np.dtype[np.generic]) -> Array:
    """The samples as the source model takes them: real numbers, or its own integers."""
    quant = port.type.quant
    if samples.dtype == dtype:
        return samples
    if dtype.kind == "f":
        integers = samples.dtype == port.type.dtype.numpy and quant is not None
        return np.asarray(_real(samples, port) if integers else samples).astype(dtype)
    if quant is None and samples.dtype.kind == "f":
        first = next(
            (c.op for c in program.calls if isinstance(c.op, Quantize) and c.ins[0].value == port.name), None
        )
        if first is not None and first.quant is not None:
            return quantize(samples.astype(np.float32), first.quant.scale0, first.quant.zero0, dtype)
    return to_port_type(samples, port.type).astype(dtype)


def _at_edge(program: Program, port: Port, theirs: Array) -> Array:
    """onnxruntime's output; as reals where the program converts the source's integers at its edge."""
    if theirs.dtype.kind == "f" or port.type.dtype.numpy.kind != "f":
        return theirs
    ends = (c.op for c in program.calls if isinstance(c.op, Dequantize) and c.outs[0].value == port.name)
    last = next(ends, None)
    return theirs if last is None else dequantize(theirs, last.quant.scale0, last.quant.zero0)


def _real(array: Array, port: Port) -> npt.NDArray[np.float64]:
    quant = port.type.quant
    if quant is None or array.dtype.kind == "f":
        return array.astype(np.float64)
    return (array.astype(np.float64) - quant.zero0) * quant.scale0


def _steps(array: Array, port: Port) -> Array:
    """The array in the port's element type; floats are quantised."""
    return array if array.dtype == port.type.dtype.numpy else to_port_type(array, port.type)


def _top1(array: Array, port: Port) -> npt.NDArray[np.int64]:
    rows = _real(array, port).reshape(len(array), -1)
    if rows.shape[1] == 1:
        integer_class = port.type.dtype.is_integer and port.type.quant is None
        return (np.rint(rows[:, 0]) if integer_class else rows[:, 0] > 0.5).astype(np.int64)
    return np.asarray(rows.argmax(axis=1), dtype=np.int64)


def _accuracy(array: Array, port: Port, labels: npt.NDArray[np.int64] | None) -> float | None:
    return None if labels is None else float((_top1(array, port) == labels).mean())


def _alone(
    program: Program, outputs: Mapping[str, Array], labels: npt.NDArray[np.int64] | None, why: str
) -> Evaluation:
    first = program.outputs[0]
    array = outputs[first.name]
    return Evaluation(len(array), _accuracy(array, first, labels), None, None, None, None, None, why)


def _compared(
    program: Program,
    outputs: Mapping[str, Array],
    expected: Mapping[str, Array],
    labels: npt.NDArray[np.int64] | None,
) -> Evaluation:
    largest, step_diffs, equal, total = 0.0, [], 0, 0
    for port in program.outputs:
        ours, theirs = outputs[port.name], expected[port.name].reshape(outputs[port.name].shape)
        largest = max(largest, float(np.abs(_real(ours, port) - _real(theirs, port)).max(initial=0.0)))
        same = _steps(theirs, port)
        if port.type.quantised:
            step_diffs.append(int(np.abs(ours.astype(np.int64) - same.astype(np.int64)).max(initial=0)))
        equal += int((ours == same).sum())
        total += ours.size
    first = program.outputs[0]
    ours, theirs = outputs[first.name], expected[first.name]
    return Evaluation(
        samples=len(ours),
        accuracy=_accuracy(ours, first, labels),
        agreement=float((_top1(ours, first) == _top1(theirs, first)).mean()),
        max_abs_diff=largest,
        max_step_diff=max(step_diffs) if step_diffs else None,
        identical=equal / total if total else None,
        reference_accuracy=_accuracy(theirs, first, labels),
        note="" if labels is not None else "the data hold no labels y, so there is no accuracy",
    )
