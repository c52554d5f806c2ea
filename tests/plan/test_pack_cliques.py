"""The packing search looks only at cliques that a decision touched, and misses nothing by that."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.test_pack_shapes import shapes_of
from tinycompile.plan.pack_shape_conflicts import Conflicts
from tinycompile.plan.pack_shape_disjunctions import Disjunctions
from tinycompile.plan.pack_shape_orders import OrderSearch, _Masked
from tinycompile.plan.pack_shapes import Shape, pack_shapes


class _Thorough(OrderSearch):
    """Looks at every clique after every decision, touched or not."""

    def _met(self) -> list[_Masked]:
        return self._cliques


@settings(deadline=None, max_examples=60)
@given(st.lists(shapes_of(largest=12, aligns=(1, 2, 4), steps=8), min_size=4, max_size=9))
def test_cliques_that_a_decision_does_not_touch_are_as_full_as_before(shapes: list[Shape]) -> None:
    given_ = Disjunctions.of(shapes, Conflicts.of(shapes))
    search, thorough = OrderSearch(shapes, given_), _Thorough(shapes, given_)
    peak = pack_shapes(shapes, effort=0).peak
    for capacity in range(max(0, peak - 6), peak + 1):
        assert search.fits(capacity, 300) == thorough.fits(capacity, 300)
        assert (search.nodes, search.offsets) == (thorough.nodes, thorough.offsets)
