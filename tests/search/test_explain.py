"""What sampling a space shows, and that the bounds it goes by do not contradict the planner."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tests.search.fakes import BOARD, Tiny
from tests.search.tasks import PAIRS
from tinycompile.compiler import Options
from tinycompile.errors import DoesNotFitError
from tinycompile.ir import DType
from tinycompile.plan.rules import Edge
from tinycompile.search import Dense, Network, NetworkBuilder, Task, get_space
from tinycompile.search.bounds import Bounds
from tinycompile.search.candidate import Budgets, Cost, Figure, Refused
from tinycompile.search.code_size import CodeSizes
from tinycompile.search.costs import Costs, Refusal
from tinycompile.search.describe import architecture
from tinycompile.search.explain import explain
from tinycompile.search.gate import Gate, Verdict
from tinycompile.search.pool import pooled
from tinycompile.target import load_board

TASK = Task((3, 32, 32), 10)
BOARD_ = load_board(BOARD)


def gate(space: str = "mcunet", *, ram: int | None = None, flash: int | None = None) -> Gate:
    return Gate(get_space(space), TASK, Bounds(BOARD_, Options(), Budgets(ram, flash)))


def test_everything_fits_without_budgets() -> None:
    found = explain(gate(), 60, 0)
    assert found.fitting == found.samples == 60
    assert found.verdicts == {v.value: 60 if v is Verdict.MAY_FIT else 0 for v in Verdict}
    assert sum(b["count"] for b in found.histogram()) == 60
    assert found.best is not None and found.best.values["width"] == 1.0


def test_tight_budgets_prefer_small_scales() -> None:
    found = explain(gate(flash=40_000), 90, 0)
    assert found.best is not None and found.best.values["width"] < 1.0
    shares = {s.values["width"]: s.share for s in found.scales}
    assert shares[0.5] > shares[0.75] > shares[1.0] and 0 < found.fitting < 90
    assert found.best.macs == max(s.macs for s in found.scales if s.fitting >= 5)
    histogram = found.histogram()
    assert histogram[0]["from"] == found.macs[0] and histogram[-1]["to"] > found.macs[-1]
    assert all(a["to"] == b["from"] for a, b in pairwise(histogram))
    assert len(histogram) <= 20
    again = explain(gate(flash=40_000), 90, 0)
    assert (again.macs, again.scales) == (found.macs, found.scales)


def test_work_and_weights_as_limits() -> None:
    judge = gate()
    networks = [judge.network(judge.space.sample(random.Random(s))) for s in range(20)]
    macs, weights = (sorted(f)[10] for f in zip(*((n.macs, n.weight_bytes) for n in networks), strict=True))
    for budgets in (Budgets(macs=macs), Budgets(weights=weights)):
        strict = Gate(judge.space, TASK, Bounds(BOARD_, Options(), budgets))
        for n in networks:
            over = (budgets.macs or n.macs) < n.macs or (budgets.weights or n.weight_bytes) < n.weight_bytes
            assert (strict.verdict(n) is Verdict.NETWORK) == over
        assert 0 < strict.counts[Verdict.NETWORK] < 20


def test_a_pool_within_the_budgets() -> None:
    judge = gate(ram=16 << 10, flash=60_000)
    found = pooled(judge, seed=3, count=24)
    assert 20 <= len(found) == len({n.digest for n in found})
    assert [n.macs for n in found] == sorted(n.macs for n in found)
    assert all(judge.verdict(n) is Verdict.MAY_FIT for n in found)
    assert judge.counts.total() == len(found)  # drawing them is no trial
    assert [n.digest for n in pooled(judge, seed=3, count=24)] == [n.digest for n in found]
    assert pooled(gate(ram=1000), seed=3, count=2) == ()


def test_reasons_why_there_is_no_plan() -> None:
    """A network whose classifier reads all places at once cannot take its image by rows."""
    n = NetworkBuilder((1, 6, 6))
    flat = n.append(Dense("all", (n.input,), 4))
    network = Network((1, 6, 6), tuple(n.layers))
    assert network.output == flat
    rows = Costs(Bounds(BOARD_, Options(input=Edge.ROWS), Budgets()), (Figure.RAM,))
    found = rows.cost(network)
    assert isinstance(found, Refusal) and found.reason.startswith("TC405: ")
    error = gate().nothing([Refused(None, found.reason)] * 3)
    assert "got a plan; 3 of 3: TC405" in str(error)


@pytest.mark.parametrize("board", ["nucleo-g071rb", BOARD, "mps3-an547", "bluepill-f103c8"])
def test_every_layer_of_a_space_has_an_estimate_of_cycles(board: str) -> None:
    """Whatever a search can build: --cycles can be held to it."""
    rng, target = random.Random(2), load_board(board)
    for space, task in PAIRS:
        network = space.network(space.sample(rng), task)
        for dtype in (DType.UINT8, DType.FLOAT32):
            bounds = Bounds(target, Options(), Budgets(cycles=1), dtype)
            found = Costs(bounds, (Figure.CYCLES,), CodeSizes(measuring=False)).cost(network)
            assert isinstance(found, Cost) and found.cycles is not None and found.cycles > network.macs / 2


def test_nothing_fits() -> None:
    found = explain(gate(ram=1000), 30, 0)
    assert found.best is None and found.histogram() == [] and found.smallest_ram > 1000
    error = gate(ram=1000).nothing()
    assert isinstance(error, DoesNotFitError) and "TC843" in str(error)
    assert f"{found.smallest_ram:,}" in str(error)


def test_the_smallest_network_is_smaller_than_any_sample() -> None:
    judge, rng = gate(), random.Random(0)
    space = judge.space
    point, least = judge.smallest()
    space.check(point)
    sampled = [judge.bounds.likely_ram(judge.network(space.sample(rng))) for _ in range(40)]
    assert least <= min(sampled)
    assert judge.smallest(Figure.CYCLES)[1] <= min(judge.network(space.sample(rng)).macs for _ in range(40))


@pytest.mark.parametrize("count", [6, pytest.param(80, marks=pytest.mark.slow)])
def test_no_feasible_candidate_is_refused(count: int) -> None:
    """Bytes that the planner reaches are never below the bound, nor cycles, nor flash.

    Plans take at most 35 % more than is expected of them. Expectations know neither scratch nor results
    that lie a little lower at every convolution, which weigh most in networks of some hundred bytes.
    """
    rng, task = random.Random(5), Task((1, 16, 16), 4)
    bounds = Bounds(BOARD_, Options(), Budgets())
    costs = Costs(bounds, (Figure.RAM,))
    for _ in range(count):
        network = Tiny().network(Tiny().sample(rng), task)
        cost = costs.cost(network)
        assert isinstance(cost, Cost)
        likely = bounds.likely_ram(network)
        assert bounds.least_ram(network) <= cost.ram <= 1.35 * likely
        for budgets in (Budgets(ram=cost.ram), Budgets(flash=cost.flash), Budgets(cycles=cost.cycles)):
            assert Bounds(BOARD_, Options(), budgets).missed(network) is None


def test_architectures_tell_what_matters() -> None:
    """A block that is left out says nothing; all that is said makes a difference."""
    space = get_space("mcunet")
    small = architecture(space, space.smallest(), TASK)
    large = architecture(space, space.largest(), TASK)
    assert "stage0: depth 1" in small and "stage0.block1" not in small
    assert "stage0.block2" in large and "width 1.0" in large
    names = {architecture(Tiny(), Tiny().sample(random.Random(s)), TASK) for s in range(50)}
    networks = {Tiny().network(Tiny().sample(random.Random(s)), TASK).digest for s in range(50)}
    assert len(names) == len(networks)
