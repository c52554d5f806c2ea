"""Firmware in Unicorn: results on every core, counts, and every kind of access that must be noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_tree import demo_model, demo_samples, edited, expected

from tinycompile.build import embedded_compiler, find_arm_gcc, find_zig, measure_code, run_on_emulator
from tinycompile.errors import DoesNotFitError, TargetError, ToolchainError, VerificationError
from tinycompile.target import load_board

pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
pytestmark = pytest.mark.skipif(find_zig() is None and find_arm_gcc() is None, reason="no compiler for Arm")

BOARD = load_board("nucleo-f446re")
BOARDS = ("nucleo-g071rb", "bluepill-f103c8", "nucleo-f446re", "nucleo-h743zi2", "nucleo-u575zi-q")


@pytest.mark.parametrize("board", BOARDS)
def test_outputs_and_marks(board: str) -> None:
    samples = demo_samples(4)
    result = run_on_emulator(demo_model(), load_board(board), samples)
    assert result.outputs == expected(samples)
    assert result.arena_high_water == 40
    assert result.out_of_plan_accesses == 0
    assert result.uninitialised_reads == 0
    assert result.stack_high_water is not None and 16 <= result.stack_high_water <= 256


def test_counts_by_step() -> None:
    result = run_on_emulator(demo_model(optimize="ram"), BOARD, demo_samples(1))
    assert result.instructions == sum(result.per_step_instructions)
    assert result.cycles_model == pytest.approx(sum(result.per_step_cycles))
    assert len(result.per_step_instructions) == 2
    # 256 products with two loads, a multiply-add and loop control each, against eight sums.
    assert result.per_step_instructions[0] > 5 * 256 > 20 * result.per_step_instructions[1] / 2
    assert result.cycles_model is not None and result.instructions is not None
    assert 1.2 < result.cycles_model / result.instructions < 2.0


def test_counts_without_memory_checks() -> None:
    full = run_on_emulator(demo_model(), BOARD, demo_samples(1))
    quick = run_on_emulator(demo_model(), BOARD, demo_samples(1), check_memory=False)
    assert (quick.outputs, quick.instructions, quick.cycles_model) == (
        full.outputs,
        full.instructions,
        full.cycles_model,
    )
    assert quick.stack_high_water is quick.arena_high_water is None
    assert quick.out_of_plan_accesses is quick.uninitialised_reads is None


def test_cores_without_a_table_have_no_cycles() -> None:
    result = run_on_emulator(demo_model(), load_board("nucleo-u575zi-q"), demo_samples(1))
    assert result.cycles_model is None
    assert result.per_step_cycles == ()


def test_python_hooks_see_the_same() -> None:
    samples = demo_samples(2)
    fast = run_on_emulator(demo_model(), BOARD, samples)
    assert run_on_emulator(demo_model(), BOARD, samples, python_hooks=True) == fast


def test_later_samples_continue_from_the_first(tmp_path: Path) -> None:
    """State that a model keeps in its arena must survive the change to the machine without hooks."""
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", "TC_STEP(1); arena[17] = arena[16] = ++arena[47];")
    sample = demo_samples(1)[0]
    counted = [run[0][0] for run in run_on_emulator(model, BOARD, [sample] * 4).outputs]
    assert [value - counted[0] for value in counted] == [0, 1, 2, 3]


@pytest.mark.parametrize("python_hooks", [False, True])
def test_accesses_outside_the_plan_are_counted(tmp_path: Path, python_hooks: bool) -> None:
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", "TC_STEP(1); arena[3] = 1; arena[44] = arena[3];")
    result = run_on_emulator(model, BOARD, demo_samples(1), python_hooks=python_hooks)
    assert result.out_of_plan_accesses in (2, 3)  # the compiler may forward the stored byte
    assert result.out_of_plan_examples[0] == "step 1 writes 1 bytes at arena offset 3"
    assert result.arena_high_water == 45


@pytest.mark.parametrize("python_hooks", [False, True])
def test_reads_of_unwritten_memory_are_counted(tmp_path: Path, python_hooks: bool) -> None:
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", "TC_STEP(1); arena[16] = arena[47];")
    result = run_on_emulator(model, BOARD, demo_samples(1), python_hooks=python_hooks)
    assert result.uninitialised_reads == 1


@pytest.mark.parametrize(
    ("address", "kind"), [("0x30000000", "writes address 0x30000000"), ("0x08000100", "writes to flash")]
)
def test_memory_that_the_board_does_not_have(tmp_path: Path, address: str, kind: str) -> None:
    statement = f"TC_STEP(1); *(volatile uint8_t *){address} = 1;"
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", statement)
    with pytest.raises(VerificationError, match=rf"TC951.*{kind}.*in step 1, at 0x08\w+ in demo_run"):
        run_on_emulator(model, BOARD, demo_samples(1))


def test_stack_overflow_is_a_fault(tmp_path: Path) -> None:
    statement = "TC_STEP(1); { volatile uint8_t big[40000]; big[arena[0]] = 1; arena[16] = big[arena[1]]; }"
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", statement)
    with pytest.raises(VerificationError, match=r"(?s)TC951.*in step"):
        run_on_emulator(model, BOARD, demo_samples(1))


def test_endless_loop_meets_the_time_limit(tmp_path: Path) -> None:
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", "TC_STEP(1); for (;;) { *(volatile uint8_t *)arena; }")
    with pytest.raises(ToolchainError, match="TC604"):
        run_on_emulator(model, BOARD, demo_samples(1), time_limit=0.3)


def test_run_status_is_reported(tmp_path: Path) -> None:
    model = edited(tmp_path, "demo.c", "8);\n    return DEMO_OK;", "8);\n    return -3;")
    with pytest.raises(VerificationError, match=r"TC955.*demo_run returned -3"):
        run_on_emulator(model, BOARD, demo_samples(1))


def test_no_model_of_the_core() -> None:
    with pytest.raises(TargetError, match="Unicorn"):
        run_on_emulator(demo_model(), load_board("mps3-an547"), demo_samples(1))


def test_host_takes_no_firmware() -> None:
    with pytest.raises(TargetError, match="TC554"):
        measure_code(demo_model(), load_board("host"))


def test_arena_that_does_not_fit(tmp_path: Path) -> None:
    model = edited(tmp_path, "demo.h", "DEMO_ARENA_BYTES 48u", "DEMO_ARENA_BYTES 200000u")
    with pytest.raises(DoesNotFitError, match=r"TC451.*too small by"):
        run_on_emulator(model, BOARD, demo_samples(1))


def test_source_that_does_not_compile(tmp_path: Path) -> None:
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", "TC_STEP(1); no_such_thing;")
    with pytest.raises(ToolchainError, match=r"(?s)TC602.*demo\.c.*no_such_thing"):
        run_on_emulator(model, BOARD, demo_samples(1))


@pytest.mark.parametrize("board", ["nucleo-f446re", "nucleo-g071rb", "mps3-an547"])
def test_code_size(board: str) -> None:
    size = measure_code(demo_model(optimize="ram"), load_board(board))
    assert size.weights == 256 + 64
    assert 150 < size.code < 500
    assert size.data == size.bss == 0
    assert dict(size.per_symbol)["demo_weights"] == 256
    named = sum(n for name, n in size.per_symbol if name not in ("demo_weights", "demo_bias"))
    assert 0 <= size.beside_weights - named < 32  # alignment
    assert size.compiler == embedded_compiler().version
