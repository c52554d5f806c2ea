"""Firmware in QEMU: the same results and counts as in Unicorn, and readable failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_tree import demo_model, demo_samples, edited, expected

from tinycompile.build import find_arm_gcc, find_qemu, run_on_emulator, run_on_qemu
from tinycompile.errors import ToolchainError, VerificationError
from tinycompile.target import load_board

GCC = find_arm_gcc()
pytestmark = [
    pytest.mark.qemu,
    pytest.mark.skipif(
        GCC is None or find_qemu() is None, reason="needs arm-none-eabi-gcc and qemu-system-arm"
    ),
]
BOARD = load_board("mps2-an386")
AGAIN = """TC_STEP(1);
    { int i;
      for (i = 0; i < 3000; ++i) {
        tc_dense_s8((const int8_t *)arena, demo_weights, demo_bias, (int8_t *)(arena + 16), 16, 16, 1 << 29);
      } }"""


@pytest.mark.parametrize(
    "board", ["nucleo-g071rb", "stm32vldiscovery", "netduinoplus2", "stm32f746g-disco", "nucleo-u575zi-q"]
)
def test_agrees_with_unicorn_on_the_same_objects(board: str) -> None:
    """Exact equality of counts, because both run what one compiler made."""
    pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
    samples = demo_samples(3)
    model = demo_model(optimize="ram")
    qemu = run_on_qemu(model, load_board(board), samples)
    unicorn = run_on_emulator(model, load_board(board), samples, compiler=GCC)
    assert qemu.outputs == unicorn.outputs == expected(samples)
    assert qemu.instructions == unicorn.instructions
    assert qemu.stack_high_water == unicorn.stack_high_water
    assert qemu.arena_high_water == unicorn.arena_high_water == 40


def test_count_survives_timer_wraps(tmp_path: Path) -> None:
    """Seven million instructions are more than the 24-bit timer holds."""
    pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", AGAIN)
    qemu = run_on_qemu(model, BOARD, demo_samples(1))
    assert qemu.instructions is not None and qemu.instructions > 1 << 22
    assert qemu.instructions == run_on_emulator(model, BOARD, demo_samples(1), compiler=GCC).instructions


def test_vector_core_runs_here_only() -> None:
    samples = demo_samples(2)
    result = run_on_qemu(demo_model(), load_board("mps3-an547"), samples)
    assert result.outputs == expected(samples)
    assert result.cycles_model is None


def test_many_samples() -> None:
    samples = demo_samples(1000)
    assert run_on_qemu(demo_model(), BOARD, samples).outputs == expected(samples)


def test_fault_is_explained(tmp_path: Path) -> None:
    statement = "TC_STEP(1); *(volatile uint8_t *)0x90000000 = 1;"
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", statement)
    with pytest.raises(VerificationError, match=r"TC951.*faulted at 0x\w+ in sample 0.*address 0x90000000"):
        run_on_qemu(model, BOARD, demo_samples(1))


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("init", "arena;\n    return DEMO_OK;", "arena;\n    return 5;"),
        ("run", "8);\n    return DEMO_OK;", "8);\n    return 5;"),
    ],
)
def test_status_is_reported(tmp_path: Path, function: str, old: str, new: str) -> None:
    with pytest.raises(VerificationError, match=f"TC955.*demo_{function} returned 5"):
        run_on_qemu(edited(tmp_path, "demo.c", old, new), BOARD, demo_samples(1))


def test_endless_loop_meets_the_time_limit(tmp_path: Path) -> None:
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", "TC_STEP(1); for (;;) { *(volatile uint8_t *)arena; }")
    with pytest.raises(ToolchainError, match="TC604"):
        run_on_qemu(model, BOARD, demo_samples(1), time_limit=1.0)


def test_missing_qemu_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinycompile.build.qemu.find_qemu", lambda: None)
    with pytest.raises(ToolchainError, match=r"(?s)TC601.*qemu-system-arm.*apt-get install"):
        run_on_qemu(demo_model(), BOARD, demo_samples(1))
