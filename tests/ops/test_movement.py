"""Data movement: offsets of views, transposes that pass through, merged walks, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinycompile.errors import ModelError
from tinycompile.ir import DType, GraphBuilder, Op, Region, TensorType
from tinycompile.ops import SourceNode, import_rule
from tinycompile.ops.concat import Concat
from tinycompile.ops.cumsum import CumSum
from tinycompile.ops.expand import Expand
from tinycompile.ops.pad import Pad
from tinycompile.ops.pool import AveragePool2D, MaxPool2D
from tinycompile.ops.reduce import Kind, Reduce
from tinycompile.ops.reshape import resolved_shape
from tinycompile.ops.shuffle import Shuffle
from tinycompile.ops.slice import Slice, resolved_range
from tinycompile.ops.softmax import Softmax
from tinycompile.ops.spatial import Window
from tinycompile.ops.strided import merged_strides
from tinycompile.ops.take import Take
from tinycompile.ops.transpose_in_place import cycle_starts

RNG = np.random.default_rng(11)
#: A window that hangs over, one that does not, one whose last would start in the pads.
CEILED = (
    {"kernel_shape": (2, 3), "strides": (2, 2)},
    {"kernel_shape": (3, 2), "strides": (3, 2)},
    {"kernel_shape": (2, 2), "strides": (3, 3), "pads": (0, 0, 1, 1)},
)


def _float(*shape: int) -> TensorType:
    return TensorType(shape, DType.FLOAT32)


def _result(op: Op, *xs: np.ndarray) -> np.ndarray:
    ins = tuple(TensorType(x.shape, DType.of(x.dtype)) for x in xs)
    return op.evaluate(xs, ins, op.infer(ins))[0]


@pytest.mark.parametrize(("axis", "offsets"), [(0, (0, 48)), (1, None)])
def test_operands_of_concat_are_parts_of_the_result_along_the_outer_axis(
    axis: int, offsets: tuple[int, ...] | None
) -> None:
    ins = (_float(3, 4), _float(3, 4))
    assert Concat(axis).operand_offsets(ins, Concat(axis).infer(ins)) == offsets


def test_empty_parts_count_for_the_size_of_their_join() -> None:
    b = GraphBuilder("empty")
    parts = tuple(b.input(name, _float(3, 0, size)) for name, size in (("a", 1), ("b", 2), ("c", 0)))
    rule = import_rule("Concat")
    assert rule is not None
    [joined] = rule(SourceNode("Concat", "join", parts, 1, {"axis": 2}), b)
    assert b.type(joined).shape == (3, 0, 3)


def test_leading_ones_keep_the_operands_of_concat_dense() -> None:
    ins = (_float(1, 2, 3), _float(1, 5, 3))
    assert Concat(1).operand_offsets(ins, Concat(1).infer(ins)) == (0, 24)


@pytest.mark.parametrize(
    ("starts", "sizes", "steps", "offsets"),
    [
        ((2, 0), (3, 4), (1, 1), (32,)),
        ((2, 1), (1, 3), (1, 1), (36,)),
        ((0, 1), (5, 3), (1, 1), None),
        ((4, 0), (5, 4), (-1, 1), None),
    ],
)
def test_a_slice_is_a_view_when_it_is_one_dense_range(
    starts: tuple[int, ...], sizes: tuple[int, ...], steps: tuple[int, ...], offsets: tuple[int, ...] | None
) -> None:
    op, ins = Slice(starts, sizes, steps), (_float(5, 4),)
    assert op.result_offsets(ins, op.infer(ins)) == offsets


@pytest.mark.parametrize(
    "op",
    [
        Slice((1, 0, 3), (1, 3, 2), (1, 1, -2)),
        Take((None, (2, 0, 0), None)),
        Pad((0, 1, 2), (3, 0, 1), 1.5),
        CumSum(1, reverse=True),
        Reduce(Kind.SUM, (0, 2)),
    ],
    ids=lambda op: op.name,
)
def test_a_transpose_passes_through(op: Op) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, 4)).astype(np.float32)
    ins = (_float(2, 3, 4),)
    for perm in ((1, 0, 2), (0, 2, 1), (1, 2, 0)):
        moved = op.permuted(perm, ins, op.infer(ins))
        if isinstance(op, Reduce) and perm.index(0) > perm.index(2):
            assert moved is None, "another order of additions"
            continue
        assert moved is not None
        got = _result(moved, np.ascontiguousarray(x.transpose(perm)))
        assert np.array_equal(got, _result(op, x).transpose(perm))


def test_a_transpose_passes_through_expand_and_concat() -> None:
    x = np.arange(3, dtype=np.float32).reshape(1, 3, 1)
    perm = (2, 0, 1)
    expand, concat = Expand((2, 3, 4)), Concat(2)
    moved = expand.permuted(perm, (_float(1, 3, 1),), (_float(2, 3, 4),))
    assert moved == Expand((4, 2, 3))
    assert np.array_equal(_result(moved, x.transpose(perm)), _result(expand, x).transpose(perm))
    assert concat.permuted(perm, (), ()) == Concat(0)


def test_zero_padding_moves_into_an_average_that_then_counts_it() -> None:
    pads = ((0, 0), (1, 3), (2, 0), (0, 0))
    x = np.random.default_rng(2).standard_normal((1, 7, 6, 3)).astype(np.float32)
    pool = AveragePool2D(Window((3, 3), (2, 2)))
    merged = pool.padded(pads)
    assert merged is not None
    assert np.array_equal(_result(merged, x), _result(pool, np.pad(x, pads)))
    assert AveragePool2D(Window((3, 3), pads=(1, 1, 1, 1))).padded(pads) is None
    assert AveragePool2D(Window((3, 3), ceil_mode=True)).padded(pads) is None


def test_walks_are_merged_where_every_stride_list_is_even() -> None:
    assert merged_strides((2, 3, 4), (12, 4, 1)) == ((24,), (1,))
    assert merged_strides((2, 1, 4), (8, 99, 1)) == ((2, 4), (8, 1))
    assert merged_strides((2, 3), (3, 1), (0, 1)) == ((2, 3), (3, 1), (0, 1))


@pytest.mark.parametrize(
    ("wanted", "allow_zero", "shape"),
    [
        ((0, -1), False, (2, 12)),
        ((-1,), False, (24,)),
        ((4, 6), True, (4, 6)),
        ((1, -1, 0), False, (1, 6, 4)),
    ],
)
def test_requested_shapes(wanted: tuple[int, ...], allow_zero: bool, shape: tuple[int, ...]) -> None:
    assert resolved_shape((2, 3, 4), wanted, allow_zero) == shape


@pytest.mark.parametrize("wanted", [(-1, -1), (5, -1), (7,), (2, 3, 4, 0), (-2, 12)])
def test_impossible_shapes(wanted: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"."):
        resolved_shape((2, 3, 4), wanted, False)


@pytest.mark.parametrize("limit", [1, 4, 5])
def test_ranges_are_those_of_python_from_any_start_that_exists(limit: int) -> None:
    bounds = (-(1 << 62), -limit - 1, -limit, -2, -1, 0, 1, 3, limit, 1 << 62)
    for start in bounds:
        for end in bounds:
            for step in (1, 2, -1, -3):
                first, count = resolved_range(start, end, step, limit)
                # ONNX begins at the first element where Python finds nothing before it.
                start = max(start, -limit)
                assert list(range(limit))[start:end:step] == [first + i * step for i in range(count)]


_X = np.zeros((1, 2, 6, 6), np.float32)


@pytest.mark.parametrize(
    ("op_type", "operands", "attributes", "outputs", "code", "words"),
    [
        ("MaxPool", [_X], {"kernel_shape": (2, 2)}, 2, "TC201", "Indices"),
        ("MaxPool", [_X], {"kernel_shape": (2, 2), "pads": (2, 2, 2, 2)}, 1, "TC201", "padding alone"),
        (
            "AveragePool",
            [np.zeros((1, 1, 2, 2, 2), np.float32)],
            {"kernel_shape": (2, 2, 2)},
            1,
            "TC201",
            "3 spatial",
        ),
        ("Resize", [_X, None, np.ones(4, np.float32)], {"mode": "cubic"}, 1, "TC201", "cubic"),
        ("Resize", [_X, None, np.ones(4, np.float32)], {"antialias": 1}, 1, "TC201", "antialias"),
        ("Resize", [_X, None, np.ones(3, np.float32)], {}, 1, "TC203", "scales or sizes"),
        ("Concat", [_X, np.zeros((1, 2, 6, 5), np.float32)], {"axis": 1}, 1, "TC203", "cannot be joined"),
        ("Gather", [_X, np.array([6])], {"axis": 2}, 1, "TC203", "6..6"),
        ("Slice", [_X, np.array([0]), np.array([1]), np.array([9])], {}, 1, "TC203", "axis 9"),
        ("Split", [_X, np.array([1, 2])], {"axis": 2}, 2, "TC203", "do not make up"),
        ("Squeeze", [_X, np.array([2])], {}, 1, "TC203", "is not 1"),
        ("ScatterND", [_X, np.array([[0]]), _X], {"reduction": "add"}, 1, "TC201", "reduction"),
        ("ReduceMean", [_X.astype(np.int64)], {}, 1, "TC203", "mean"),
        ("Pad", [_X, np.array([1, 1])], {}, 1, "TC203", "2 pads"),
    ],
)
def test_what_is_not_supported_is_refused(
    op_type: str,
    operands: list[np.ndarray | None],
    attributes: dict[str, object],
    outputs: int,
    code: str,
    words: str,
) -> None:
    b = GraphBuilder("refused")
    first, *others = operands
    assert first is not None
    names = [b.input("x", TensorType(first.shape, DType.of(first.dtype)))]
    names += [None if o is None else b.const(o) for o in others]  # type: ignore[misc]
    rule = import_rule(op_type)
    assert rule is not None
    with pytest.raises(ModelError) as caught:
        rule(SourceNode(op_type, "here", tuple(names), outputs, attributes, 18), b)  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].code == code
    assert words in str(caught.value)
    assert caught.value.diagnostics[0].origins == ("here",)


def test_rows_of_joins_and_of_parts_of_channels_are_joins_and_parts_of_rows() -> None:
    x, y = (RNG.normal(size=(1, 5, 4, c)).astype(np.float32) for c in (3, 2))
    ops: list[tuple[Op, tuple[np.ndarray, ...]]] = [
        (Concat(3), (x, y)),
        (Slice((0, 0, 0, 1), (1, 5, 4, 2), (1, 1, 1, 1)), (x,)),
        (Shuffle(3, 3), (x,)),
        (Softmax(3), (x,)),
    ]
    for op, xs in ops:
        ins = tuple(_float(*a.shape) for a in xs)
        outs = op.infer(ins)
        form = op.region_form(Region((2, 4), (1, 3)), ins, outs)
        assert form is not None
        parts = tuple(np.ascontiguousarray(a[:, 2:4, 1:3]) for a in xs)
        np.testing.assert_array_equal(_result(form.op, *parts), _result(op, *xs)[:, 2:4, 1:3])


def test_what_mixes_rows_has_no_rows() -> None:
    x = _float(1, 4, 4, 2)
    for op in (Concat(1), Slice((0, 1, 0, 0), (1, 3, 4, 2), (1, 1, 1, 1)), Shuffle(2, 2), Softmax(1)):
        ins = (x, x) if isinstance(op, Concat) else (x,)
        assert op.region_form(Region((0, 1), (0, 4)), ins, op.infer(ins)) is None


@pytest.mark.parametrize("attributes", CEILED)
def test_ceil_mode_is_end_pads(attributes: dict[str, object]) -> None:
    b = GraphBuilder("ceil")
    rule = import_rule("MaxPool")
    assert rule is not None
    x = b.input("x", _float(1, 2, 9, 10))
    rule(SourceNode("pool", "MaxPool", (x,), 1, {"ceil_mode": 1, **attributes}), b)  # type: ignore[arg-type]
    (op,) = (n.op for n in b.nodes if isinstance(n.op, MaxPool2D))
    assert not op.window.ceil_mode
    original = replace(op.window, pads=(*op.window.pads[:2], *_ends(attributes)), ceil_mode=True)
    assert op.window.out_size((9, 10)) == original.out_size((9, 10))


def _ends(attributes: dict[str, object]) -> tuple[int, ...]:
    pads = attributes.get("pads", (0, 0, 0, 0))
    assert isinstance(pads, tuple)
    return pads[2:]


@pytest.mark.parametrize(("rows", "columns"), [(3, 384), (2, 5), (7, 7), (12, 1), (81, 5)])
def test_cycles_of_a_transpose_in_place_reach_every_place_that_moves(rows: int, columns: int) -> None:
    x = RNG.permutation(rows * columns)
    y = x.copy()
    for start in cycle_starts(rows, columns):
        place, held = int(start), y[start]
        while (source := place % rows * columns + place // rows) != start:
            y[place], place = y[source], source
        y[place] = held
    np.testing.assert_array_equal(y.reshape(columns, rows), x.reshape(rows, columns).T)
