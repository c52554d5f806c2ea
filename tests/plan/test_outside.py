"""Constants outside the internal flash: which ones, what is read when, and that errors in plans are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.networks.archs import Arch, Block, arch_model
from tests.networks.outside import WIDE, board, compiled, image, model, options, streamed
from tinycompile.compiler import Options, compile
from tinycompile.errors import DoesNotFitError, UsageError, VerificationError
from tinycompile.plan.codec import constants_to_npz, from_json, to_json
from tinycompile.plan.constants_place import SMALL_BYTES, constant_uses, outside
from tinycompile.plan.fetch import with_fetches
from tinycompile.plan.fetch_run import content, events, weights_file
from tinycompile.plan.outside_types import FETCH_ALIGN, Fetch
from tinycompile.plan.program import ConstArg, Program, StagedArg
from tinycompile.plan.validate import validate
from tinycompile.plan.weight_use import weight_use
from tinycompile.sim.machine import Machine
from tinycompile.sim.reference import evaluate
from tinycompile.target import load_board

K = 1 << 10


def _same_as_reference(compilation: Any, seed: int = 0) -> None:
    want = evaluate(compilation.graph, image(seed))
    got = compilation.simulate(image(seed))
    assert {n: a.tobytes() for n, a in want.items()} == {n: a.tobytes() for n, a in got.items()}
    assert len(np.unique(next(iter(want.values())))) > 20


def test_inside_stay_small_and_often_used_constants() -> None:
    program = compile(model(), board(), options=options("internal")).program
    uses = constant_uses(program)
    assert set(uses) == set(program.emitted)
    assert sum(u.nbytes for u in uses.values()) == program.constant_bytes
    for room in (0, 20 * K, 40 * K, 70 * K):
        out = outside(program, room)
        kept = [u for u in uses.values() if u.name not in out]
        assert sum(-(-u.nbytes // 4) * 4 for u in kept) <= room
    out = outside(program, 60 * K)
    classifier = max(
        (a.name for a in program.calls[-1].args if isinstance(a, ConstArg)), key=lambda n: uses[n].nbytes
    )
    assert classifier in out, "its weights are used once a run"
    assert all(uses[name].nbytes > SMALL_BYTES for name in out)
    assert outside(program, program.constant_bytes + 4 * len(uses)) == frozenset()


def test_streamed_weights_stay_inside_before_others() -> None:
    program = compile(arch_model(WIDE), "host", options=Options(name="wide", ram=56 * K)).program
    uses = constant_uses(program)
    rows = {n for n, u in uses.items() if u.streamed and u.nbytes > SMALL_BYTES}
    assert rows
    room = sum(-(-u.nbytes // 4) * 4 for u in uses.values() if u.streamed or u.nbytes <= SMALL_BYTES)
    assert not rows & outside(program, room)
    assert rows & outside(program, room - 8000)


def test_mapped_constants_are_recorded() -> None:
    compilation = compiled("qspi")
    program, use = compilation.program, weight_use(compilation.program)
    assert {p.region for p in program.placed} == {"qspi"} and not program.fetches
    assert use.mapped["qspi"] == sum(program.constants[p.name].nbytes for p in program.placed)
    assert use.internal + use.mapped["qspi"] == program.constant_bytes == use.total
    assert use.internal <= 64 * K * 3 // 4
    assert compilation.summary["flash"]["weights"] == use.internal
    assert compilation.summary["external"] == {"qspi": use.mapped["qspi"]}
    _same_as_reference(compilation)


def test_fetched_constants_are_read_in_order_into_staging_buffers() -> None:
    compilation = compiled("fetch")
    program = compilation.program
    assert len(program.fetches) >= 3 and not program.placed
    assert [f.step for f in program.fetches] == sorted({f.step for f in program.fetches})
    assert all(f.overlapped for f in program.fetches[1:])
    staged = [a for c in program.calls for a in c.args if isinstance(a, StagedArg)]
    assert [a.name for a in staged] == [p.name for f in program.fetches for p in f.parts]
    assert not {a.name for a in staged} & set(program.emitted)
    file = weights_file(program)
    for fetch in program.fetches:
        assert file[fetch.source : fetch.source + fetch.size] == content(program, fetch)
        block = next(b for b in program.blocks if b.offset == fetch.target and b.start == fetch.begin)
        assert (block.size, block.end) == (fetch.size, fetch.step + 1)
    use = weight_use(program).fetch
    assert (
        use is not None
        and use.file_bytes == len(file)
        and use.largest == max(f.size for f in program.fetches)
    )
    assert compilation.summary["ram"]["context"] == 16
    _same_as_reference(compilation)


def test_programs_with_reads_are_stored() -> None:
    program = compiled("fetch").program
    again = from_json(to_json(program), constants_to_npz(program), "here")
    assert (again.fetches, again.calls, again.blocks) == (program.fetches, program.calls, program.blocks)
    placed = compiled("qspi").program
    assert from_json(to_json(placed), constants_to_npz(placed), "here").placed == placed.placed


@pytest.mark.parametrize(("flash", "ram"), [(64, 40), (32, 32), (16, 24), (8, 22), (4, 64)])
def test_any_budget_gives_the_same_bytes(flash: int, ram: int) -> None:
    compilation = compiled("fetch", flash * K, ram * K)
    assert compilation.summary["ram"]["total"] <= ram * K
    assert weight_use(compilation.program).internal <= flash * K * 3 // 4
    _same_as_reference(compilation)


def test_layers_are_split_only_when_they_must_be() -> None:
    roomy, tight = compiled("fetch", 16 * K, 64 * K), compiled("fetch", 16 * K, 22 * K)
    assert len(roomy.program.calls) == len(compiled("qspi").program.calls)
    assert len(tight.program.calls) > len(roomy.program.calls)
    largest = weight_use(tight.program).fetch
    assert largest is not None and largest.largest < 25_600


def test_nothing_is_fetched_where_the_flash_is_large_enough() -> None:
    whole, plain = (compile(model(), "nucleo-h743zi2", options=options(w)) for w in ("fetch", "internal"))
    assert not whole.program.fetches
    assert whole.tree.files == plain.tree.files and not whole.tree.binaries


def test_streams_with_outside_weights_get_them_once() -> None:
    """A stage whose weights do not fit inside either: one read for all of its rows."""
    found = streamed()
    stages = {s.first: s for s in found.program.stages}
    reads = [f for f in found.program.fetches if f.step in stages]
    assert reads
    for fetch in reads:
        block = next(b for b in found.program.blocks if b.offset == fetch.target and b.start == fetch.begin)
        assert block.end == stages[fetch.step].last + 1
        assert stages[fetch.step].peak >= fetch.size
    given_ = image(0, WIDE.size)
    want, got = evaluate(found.graph, given_), found.simulate(given_)
    assert all(want[n].tobytes() == got[n].tobytes() for n in want)


def test_too_little_room_names_layer_and_bytes() -> None:
    program = compile(model(), board(), options=options("internal")).program
    names = outside(program, 30 * K)
    found, shortages = with_fetches(program, names, program.arena)
    assert found is None and shortages[0].room < shortages[0].size
    chosen = Options(name="net", flash=7 * K, weights="fetch")
    with pytest.raises(DoesNotFitError, match=r"TC420: .*step \d+ \(.*need [\d,]+ bytes of arena") as caught:
        compile(_indivisible(), board(), options=replace(chosen, ram=1216))
    assert "about 32 bytes more with --ram" in caught.value.diagnostics[0].hint
    plan = compile(_indivisible(), board(), options=replace(chosen, ram=1248))
    assert [f.size for f in plan.program.fetches] == [576]


def _indivisible() -> Any:
    """A classifier of 4 channels, which stay together: its weights are what 7K of flash have no room for."""
    return arch_model(Arch("net", 4, 128, (), None, 4))


def test_the_place_must_exist() -> None:
    for name, weights in (
        ("nucleo-f446re", "qspi"),
        ("stm32f746g-disco", "flash"),
        ("stm32f746g-disco", "ram"),
    ):
        with pytest.raises(UsageError, match=rf"TC421: {name} has no external flash '{weights}'"):
            compile(model(), name, options=options(weights))
    program = compile(model(), "stm32n6570-dk", options=options("internal"), check=False).program
    assert program.arena


def test_what_does_not_fit_names_the_memory() -> None:
    with pytest.raises(
        DoesNotFitError, match=r"TC406: .*the budget is 65,536\n.*--weights qspi or --weights fetch"
    ):
        compile(model(), board(), options=options("internal", 64 * K))
    with pytest.raises(DoesNotFitError, match=r"TC422: small needs [\d,]+ .*'qspi' of outside has 32,768"):
        compile(model(), board(qspi="32K"), options=options("qspi", 32 * K))


def _late(program: Program) -> Program:
    """A read is begun after the call that it is for."""
    last = program.fetches[-1]
    return replace(program, fetches=(*program.fetches[:-1], replace(last, begin=last.step + 1)))


def _early(program: Program) -> Program:
    """The second read is begun ahead of the first one's end."""
    second = program.fetches[1]
    return replace(
        program,
        fetches=(
            program.fetches[0],
            replace(second, begin=program.fetches[0].begin - 1),
            *program.fetches[2:],
        ),
    )


def _onto_activations(program: Program) -> Program:
    """The staging buffer of a read lies where the call's result goes."""
    fetch = program.fetches[-1]
    offset = program.calls[fetch.step].ins[0].offset
    assert offset is not None
    return _moved(program, fetch, offset // FETCH_ALIGN * FETCH_ALIGN)


def _onto_each_other(program: Program) -> Program:
    """Both staging buffers are one."""
    first, second = next((a, b) for a, b in pairwise(program.fetches) if b.begin == a.step)
    return _moved(program, second, first.target)


def _moved(program: Program, fetch: Fetch, target: int) -> Program:
    """The read and all that points to it somewhere else."""
    by = target - fetch.target
    call = program.calls[fetch.step]
    args = tuple(replace(a, offset=a.offset + by) if isinstance(a, StagedArg) else a for a in call.args)
    ins = tuple(
        replace(o, offset=o.offset + by) if o.const is not None and o.offset is not None else o
        for o in call.ins
    )
    calls = list(program.calls)
    calls[fetch.step] = replace(call, args=args, ins=ins)
    fetches = tuple(replace(f, target=target) if f is fetch else f for f in program.fetches)
    blocks = tuple(
        replace(b, offset=target) if (b.offset, b.start) == (fetch.target, fetch.begin) else b
        for b in program.blocks
    )
    return replace(program, calls=tuple(calls), fetches=fetches, blocks=blocks)


def _pointer(program: Program) -> Program:
    """An argument points beside its constant."""
    step = program.fetches[0].step
    call = program.calls[step]
    args = tuple(replace(a, offset=a.offset + 4) if isinstance(a, StagedArg) else a for a in call.args)
    return replace(program, calls=tuple(replace(c, args=args) if c is call else c for c in program.calls))


def _gap(program: Program) -> Program:
    """The file has a hole."""
    last = program.fetches[-1]
    return replace(program, fetches=(*program.fetches[:-1], replace(last, source=last.source + FETCH_ALIGN)))


def _short(program: Program) -> Program:
    """A read ends before its constant does."""
    last = program.fetches[-1]
    return replace(program, fetches=(*program.fetches[:-1], replace(last, size=last.size - FETCH_ALIGN)))


def _outside_arena(program: Program) -> Program:
    return _moved(program, program.fetches[-1], (program.arena + 31) // 32 * 32)


@pytest.mark.parametrize(
    "broken",
    [_late, _early, _onto_activations, _onto_each_other, _pointer, _gap, _short, _outside_arena],
)
def test_the_validator_finds_reads_that_are_wrong(broken: Callable[[Program], Program]) -> None:
    program = compiled("fetch", 16 * K, 24 * K).program
    validate(program)
    with pytest.raises(VerificationError, match="TC401"):
        validate(broken(program))


def test_the_simulated_arena_finds_them_too() -> None:
    program = compiled("fetch", 16 * K, 24 * K).program
    with pytest.raises(VerificationError, match=r"TC905|TC901"):
        Machine(_onto_each_other(program)).run(image())
    with pytest.raises(VerificationError, match=r"TC905|TC901"):
        Machine(_onto_activations(program)).run(image())
    program = compiled("fetch").program
    ready = program.fetches[-1]
    unread = replace(program, fetches=program.fetches[:-1])
    with pytest.raises(VerificationError, match=rf"TC901: step {ready.step} .*holds nothing"):
        Machine(unread).run(image())


def test_reads_never_overlap_in_time() -> None:
    program = compiled("fetch", 16 * K, 22 * K).program
    under_way = None
    for step in range(len(program.calls)):
        due = events(program, step)
        if due.start is not None:
            assert under_way is None
            under_way = due.start
        if due.ready is not None:
            assert under_way == due.ready
            under_way = None
        if due.ahead is not None:
            assert under_way is None
            under_way = due.ahead
    assert under_way is None


@st.composite
def _archs(draw: st.DrawFn) -> Arch:
    stem = draw(st.sampled_from([4, 8, 12]))
    blocks, cin = [], stem
    for _ in range(draw(st.integers(1, 3))):
        cout = draw(st.sampled_from([cin, 8, 20, 48]))
        mid = draw(st.sampled_from([cin, 4 * cin, 6 * cin]))
        blocks.append(Block(cin, mid, cout, draw(st.sampled_from([1, 3, 5])), draw(st.sampled_from([1, 2]))))
        cin = cout
    mix = draw(st.sampled_from([None, 64, 200]))
    return Arch(
        "chain", draw(st.sampled_from([12, 17, 24])), stem, tuple(blocks), mix, draw(st.integers(2, 120))
    )


@settings(max_examples=25, deadline=None)
@given(_archs(), st.integers(1, 60), st.integers(4, 60), st.booleans())
def test_random_chains_and_budgets(arch: Arch, flash: int, ram: int, budgeted: bool) -> None:
    """Every plan is valid and gives the reference's bytes, or a budget is too small."""
    chosen = Options(name="chain", flash=flash * K, ram=ram * K if budgeted else None, weights="fetch")
    try:
        found = compile(arch_model(arch), board(), options=chosen, check=False)
    except DoesNotFitError as error:
        assert {d.code for d in error.diagnostics} <= {"TC404", "TC420"}
        return
    given_ = {
        "image": np.random.default_rng(0).integers(-128, 128, (1, arch.size, arch.size, 3)).astype(np.int8)
    }
    want, got = evaluate(found.graph, given_), found.simulate(given_)
    assert all(want[n].tobytes() == got[n].tobytes() for n in want)
    if budgeted:
        assert found.summary["ram"]["total"] <= ram * K


def test_the_board_of_these_tests_is_what_it_says() -> None:
    disco, small = load_board("stm32f746g-disco"), board()
    assert (small.flash_bytes, small.ram_bytes) == (96 * K, 64 * K)
    assert small.region("qspi") == disco.region("qspi")
