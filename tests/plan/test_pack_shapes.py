"""Packing of shapes: an exhaustive oracle, replay byte by byte, and the diagonal of row-wise operators."""

from __future__ import annotations

import random
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinycompile.plan.pack import PackItem, pack
from tinycompile.plan.pack_shape_conflicts import Conflicts, forbidden
from tinycompile.plan.pack_shape_disjunctions import Disjunctions
from tinycompile.plan.pack_shape_eject import Ejector
from tinycompile.plan.pack_shape_orders import OrderSearch
from tinycompile.plan.pack_shapes import Shape, ShapePacking, pack_shapes
from tinycompile.plan.rows import Feed, Links, occupancy


def buffer(size: int, start: int, end: int, align: int = 1) -> Shape:
    return Shape(size, align, ((start, end, 0, size),))


def consumed(rows: int, row: int, start: int, align: int = 1) -> Shape:
    """A tensor whose rows die one per step, the first during the step ``start``."""
    steps = ((start + i, start + i + 1, i * row, rows * row) for i in range(rows))
    return Shape(rows * row, align, tuple(steps))


def produced(rows: int, row: int, start: int, align: int = 1) -> Shape:
    """A tensor whose rows are written one per step, the first at the step ``start``."""
    steps = ((start + i, start + i + 1, 0, (i + 1) * row) for i in range(rows))
    return Shape(rows * row, align, tuple(steps))


def bytes_at(shape: Shape, offset: int, step: int) -> set[int]:
    return {
        byte
        for start, end, low, high in shape.spans
        if start <= step < end
        for byte in range(offset + low, offset + high)
    }


def clash(shapes: list[Shape], offsets: tuple[int, ...]) -> bool:
    """Replay every step and see whether some byte has two owners."""
    for step in sorted({edge for shape in shapes for span in shape.spans for edge in span[:2]}):
        owned: set[int] = set()
        for shape, offset in zip(shapes, offsets, strict=True):
            mine = bytes_at(shape, offset, step)
            if owned & mine:
                return True
            owned |= mine
    return False


def check(shapes: list[Shape], result: ShapePacking) -> None:
    assert len(result.offsets) == len(shapes)
    assert all(at >= 0 and at % shape.align == 0 for shape, at in zip(shapes, result.offsets, strict=True))
    assert result.peak == max((at + s.size for s, at in zip(shapes, result.offsets, strict=True)), default=0)
    assert result.max_load <= result.bound <= result.peak
    assert result.proven_optimal == (result.peak == result.bound)
    assert not clash(shapes, result.offsets)


def peak_of(shapes: list[Shape], offsets: list[int]) -> int:
    return max(at + shape.size for shape, at in zip(shapes, offsets, strict=True))


def least_peak(shapes: list[Shape], known: int) -> int:
    """Try all offsets within the arena of ``known`` bytes, of which there must be a valid choice."""
    ranges = [range(0, known - shape.size + 1, shape.align) for shape in shapes]
    return min(
        max((at + shape.size for shape, at in zip(shapes, offsets, strict=True)), default=0)
        for offsets in product(*ranges)
        if not clash(shapes, offsets)
    )


@st.composite
def shapes_of(draw: st.DrawFn, largest: int = 5, aligns: tuple[int, ...] = (1,), steps: int = 5) -> Shape:
    size = draw(st.integers(1, largest))
    edges = sorted(draw(st.sets(st.integers(0, steps), min_size=2)))
    spans = []
    for start, end in pairwise(edges):
        low = draw(st.integers(0, size - 1))
        if draw(st.integers(0, 3)):
            spans.append((start, end, low, draw(st.integers(low + 1, size))))
    return Shape(size, draw(st.sampled_from(aligns)), tuple(spans))


@settings(deadline=None)
@given(shapes_of(), shapes_of())
def test_forbidden_distances_are_those_that_clash(a: Shape, b: Shape) -> None:
    gaps = forbidden(a, b)
    for distance in range(-7, 8):
        offsets = (max(distance, 0), max(-distance, 0))
        assert clash([a, b], offsets) == any(low < distance < high for low, high in gaps)
    assert all(before[1] <= after[0] for before, after in pairwise(gaps))
    assert forbidden(b, a) == tuple((-high, -low) for low, high in reversed(gaps))


@settings(deadline=None)
@given(st.lists(shapes_of(), min_size=2, max_size=2))
def test_the_pair_bound_is_what_two_need(shapes: list[Shape]) -> None:
    result = pack_shapes(shapes)
    check(shapes, result)
    assert result.proven_optimal
    assert result.peak == least_peak(shapes, result.peak)
    assert Conflicts.of(shapes).pair_bound(shapes) in (0, result.peak)


@settings(deadline=None, max_examples=60)
@given(st.lists(shapes_of(largest=4), max_size=3))
def test_bounds_and_proofs_agree_with_the_exhaustive_oracle(shapes: list[Shape]) -> None:
    result = pack_shapes(shapes, effort=1000)
    check(shapes, result)
    least = least_peak(shapes, result.peak)
    assert result.bound <= least
    assert not result.proven_optimal or result.peak == least


@settings(deadline=None, max_examples=60)
@given(st.lists(shapes_of(largest=4, aligns=(1, 2, 3)), min_size=2, max_size=4))
def test_every_capacity_is_decided_as_by_the_exhaustive_oracle(shapes: list[Shape]) -> None:
    """Spans drawn at random leave holes: distances at which one shape lies within the other."""
    search = OrderSearch(shapes, Disjunctions.of(shapes, Conflicts.of(shapes)))
    least = least_peak(shapes, pack_shapes(shapes).peak)
    for capacity in range(least + 3):
        assert search.fits(capacity, 4000) == (capacity >= least)
        if capacity >= least:
            assert peak_of(shapes, search.offsets) <= capacity
            assert not clash(shapes, tuple(search.offsets))


def test_small_cases_are_packed_as_tightly_as_can_be() -> None:
    """Not guaranteed by the search, hence on a fixed family: staircases of 2 to 4 rows, four at a time."""
    rng = random.Random(5)
    for _ in range(25):
        kinds = [rng.choice((consumed, produced)) for _ in range(3)]
        shapes = [kind(rng.randrange(2, 5), rng.randrange(1, 4), rng.randrange(4)) for kind in kinds]
        shapes.append(buffer(rng.randrange(1, 6), rng.randrange(3), rng.randrange(4, 7)))
        result = pack_shapes(shapes, effort=2000)
        check(shapes, result)
        assert result.peak == result.bound or result.peak == least_peak(shapes, result.peak)


@settings(deadline=None, max_examples=60)
@given(st.lists(shapes_of(largest=12, aligns=(1, 2, 4), steps=8), max_size=7), st.sampled_from((0, 200)))
def test_every_packing_is_valid_and_repeatable(shapes: list[Shape], effort: int) -> None:
    result = pack_shapes(shapes, effort=effort)
    check(shapes, result)
    assert pack_shapes(shapes, effort=effort) == result


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5), st.integers(1, 4)), max_size=6))
def test_buffers_are_packed_as_well_as_by_the_exact_search(sizes: list[tuple[int, int, int]]) -> None:
    shapes = [buffer(size, start, start + length) for size, start, length in sizes]
    result = pack_shapes(shapes, effort=1000)
    check(shapes, result)
    assert result.peak == pack([PackItem(s.size, 1, s.start, s.end) for s in shapes]).peak


def test_a_row_wise_operator_needs_its_input_and_one_row() -> None:
    shapes = [consumed(64, 96, 0, 16), produced(64, 96, 0, 16)]
    result = pack_shapes(shapes)
    check(shapes, result)
    assert (result.peak, result.offsets) == (65 * 96, (96, 0))


def test_a_halo_of_two_rows_needs_two_rows_more() -> None:
    """The output row i appears while the input rows from i - 2 on are still needed."""
    late = Shape(640, 16, ((0, 3, 0, 640), *((i, i + 1, 64 * (i - 2), 640) for i in range(3, 10))))
    shapes = [late, produced(10, 64, 0, 16)]
    result = pack_shapes(shapes)
    check(shapes, result)
    assert result.peak == 640 + 3 * 64


def test_a_growing_tensor_moves_the_load_but_not_the_pair_bound() -> None:
    """Two output rows per input row: at no step is more than out + one row alive, yet out cannot overtake."""
    shapes = [consumed(8, 10, 0), produced(8, 20, 0)]
    result = pack_shapes(shapes)
    check(shapes, result)
    assert result.max_load == 8 * 20 + 10
    assert (result.peak, result.proven_optimal) == (8 * 20 + 10, True)


def test_a_sinking_input_is_hung_above_what_grows() -> None:
    """Input on top, a ring for the stage between, and the output that grows into the dead rows."""
    shapes = [consumed(100, 48, 0, 4), buffer(144, 0, 100, 4), produced(100, 48, 0, 4)]
    result = pack_shapes(shapes)
    check(shapes, result)
    assert (result.peak, result.proven_optimal) == (100 * 48 + 144 + 48, True)


def test_a_chain_of_streamed_stages_meets_its_load() -> None:
    image, middle = consumed(96, 96 * 3, 0, 4), produced(96, 160, 0, 4)
    read = consumed(96, 160, 96, 4)
    held = Shape(middle.size, 4, middle.spans + read.spans)
    shapes = [image, held, produced(96, 40, 96, 4), buffer(500, 0, 96, 4), buffer(300, 96, 192, 4)]
    result = pack_shapes(shapes)
    check(shapes, result)
    assert result.proven_optimal


def test_a_shape_may_pass_through_the_hole_of_another() -> None:
    holed = Shape(9, 1, ((0, 1, 0, 3), (1, 2, 6, 9)))
    shapes = [holed, Shape(9, 1, ((0, 1, 6, 9), (1, 2, 0, 3)))]
    assert forbidden(*shapes) == ((-9, -3), (3, 9))
    result = pack_shapes(shapes)
    check(shapes, result)
    assert result.peak == 9


def test_nothing_and_empty_shapes() -> None:
    assert pack_shapes([]) == ShapePacking((), 0, 0, 0, True, "greedy by size", 0)
    result = pack_shapes([Shape(0, 4, ()), buffer(5, 0, 1)])
    assert (result.offsets, result.peak, result.max_load) == ((0, 0), 5, 5)


def test_the_callers_bound_ends_the_search() -> None:
    rng = random.Random(3)
    shapes = [buffer(rng.randrange(1, 999), at, at + rng.randrange(2, 9), 8) for at in range(14)]
    free = pack_shapes(shapes, effort=0)
    told = pack_shapes(shapes, lower_bound=free.peak)
    assert told.bound == told.peak == free.peak
    assert told.proven_optimal
    assert not free.proven_optimal


def test_the_exact_search_improves_on_the_greedy_packings() -> None:
    rng = random.Random(1)
    shapes = []
    for _ in range(20):
        start, rows, kind = rng.randrange(80), rng.randrange(5, 30), rng.choice((consumed, produced))
        shapes.append(kind(rows, rng.randrange(1, 40), start, 4))
    greedy, exact = pack_shapes(shapes, effort=0), pack_shapes(shapes)
    check(shapes, greedy)
    check(shapes, exact)
    assert exact.peak < greedy.peak
    assert exact.method.endswith("exact search")
    assert exact.proven_optimal


def tiled(rng: random.Random, height: int, count: int, steps: int) -> list[Shape]:
    """An arena that is full at every step, cut into layers whose borders move, each cut again in time."""
    shapes = []
    borders = [height * i // count for i in range(count + 1)]
    spans: list[list[tuple[int, int, int, int]]] = [[] for _ in range(count)]
    for step in range(steps):
        for i in range(1, count):
            moved = borders[i] + rng.choice((-8, 0, 0, 8))
            if borders[i - 1] + 8 <= moved <= borders[i + 1] - 8:
                borders[i] = moved
        for i in range(count):
            spans[i].append((step, step + 1, borders[i], borders[i + 1]))
            if step == steps - 1 or rng.random() < 0.08:
                base = min(span[2] for span in spans[i])
                cut = tuple((a, b, low - base, high - base) for a, b, low, high in spans[i])
                shapes.append(Shape(max(span[3] for span in cut), 8, cut))
                spans[i] = []
    rng.shuffle(shapes)
    return shapes


@pytest.mark.parametrize("seed", range(6))
def test_arenas_cut_without_waste_are_put_together_again(seed: int) -> None:
    """Growing, sinking and sliding shapes whose best peak is known: the load is the height at every step."""
    shapes = tiled(random.Random(seed), 640, 5, 40)
    result = pack_shapes(shapes)
    check(shapes, result)
    assert (result.peak, result.max_load, result.proven_optimal) == (640, 640, True)


def stage(layers: int, height: int, row: int) -> list[Shape]:
    """Rings, counters and scratch of 3x3 convolutions that pass on rows, the last result held whole."""
    heights = tuple(max(height >> i // 2, 2) for i in range(layers + 1))
    feeds = tuple((Feed(0, i, 1 + i % 2, 1, 3),) for i in range(layers))
    links = Links(heights, feeds, fed=(0,), kept=(layers,))
    held = occupancy(links)
    rows = [row * (1 + ring % 3) for ring in range(layers + 1)]
    shapes = [
        Shape(
            held.capacity[ring] * rows[ring],
            8,
            tuple((a, b, low * rows[ring], high * rows[ring]) for a, b, low, high in held.uses[ring]),
        )
        for ring in range(layers + 1)
    ]
    for ring in range(1, layers + 1):
        at = tuple((i, i + 1, 0, 2 * rows[ring]) for i, made in enumerate(held.made) if made == ring)
        shapes.append(Shape(2 * rows[ring], 8, at))
    return [*shapes, buffer(8 * layers, 0, held.steps, 8)]


@pytest.mark.parametrize("layers", [4, 6])
def test_the_rings_of_a_stage_are_packed_provably(layers: int) -> None:
    shapes = stage(layers, 32, 96)
    result = pack_shapes(shapes)
    check(shapes, result)
    assert result.proven_optimal
    assert result.bound > result.max_load, "rings lie in one piece, which the load does not see"


def test_the_ejection_search_improves_without_the_exact_one() -> None:
    shapes = tiled(random.Random(1), 640, 8, 40)
    start = pack_shapes(shapes, effort=0)
    search = Ejector(shapes, Conflicts.of(shapes), list(start.offsets), random.Random(0))
    search.run(start.bound, 4000)
    assert search.peak == peak_of(shapes, search.offsets) < start.peak
    assert not clash(shapes, tuple(search.offsets))
    assert all(at % 8 == 0 for at in search.offsets)
    again = Ejector(shapes, Conflicts.of(shapes), list(start.offsets), random.Random(0))
    again.run(start.bound, 4000)
    assert (again.offsets, again.placements) == (search.offsets, search.placements)


def test_a_capacity_that_is_met_ends_the_search() -> None:
    shapes = tiled(random.Random(2), 640, 8, 40)
    greedy, best = pack_shapes(shapes, effort=0), pack_shapes(shapes, effort=600)
    assert best.peak < greedy.peak
    enough = (best.peak + greedy.peak) // 2
    result = pack_shapes(shapes, capacity=enough, effort=600)
    check(shapes, result)
    assert result.peak <= enough
    assert result.placements < best.placements
    assert pack_shapes(shapes, capacity=greedy.peak) == pack_shapes(shapes, capacity=greedy.peak, effort=0)
    assert pack_shapes(shapes, capacity=best.bound - 1, effort=600).peak >= best.bound


@pytest.mark.parametrize(
    "bad",
    [
        (-1, 1, ()),
        (1, 0, ()),
        (4, 1, ((0, 0, 0, 4),)),
        (4, 1, ((0, 1, 0, 5),)),
        (4, 1, ((0, 1, -1, 4),)),
        (4, 1, ((0, 1, 2, 2),)),
        (4, 1, ((0, 2, 0, 4), (1, 3, 0, 4))),
        (4, 1, ((2, 3, 0, 4), (0, 1, 0, 4))),
    ],
)
def test_an_impossible_shape_is_refused(bad: tuple[int, int, tuple[tuple[int, int, int, int], ...]]) -> None:
    with pytest.raises(ValueError, match="Shape"):
        Shape(*bad)
