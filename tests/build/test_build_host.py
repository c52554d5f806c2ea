"""Generated trees on the host: results, guards, dependence on garbage, sanitisers."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_tree import demo_model, demo_samples, edited, expected

from tinycompile.build import find_host_cc, run_on_host
from tinycompile.errors import UsageError, VerificationError

needs_host_cc = pytest.mark.skipif(find_host_cc() is None, reason="no gcc or clang for this machine")


def test_outputs_and_high_water() -> None:
    samples = demo_samples(20)
    result = run_on_host(demo_model(), samples)
    assert result.outputs == expected(samples)
    assert result.arena_high_water == 40


def test_no_samples() -> None:
    assert run_on_host(demo_model(), []).outputs == []


def test_wrong_input_size_is_named() -> None:
    with pytest.raises(UsageError, match=r"TC607.*sample 1.*\[15\].*\[16\]"):
        run_on_host(demo_model(), [[bytes(16)], [bytes(15)]])


def test_write_behind_the_arena_is_caught(tmp_path: Path) -> None:
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", "TC_STEP(1); arena[50] = 1;")
    with pytest.raises(VerificationError, match=r"TC952.*behind the arena.*offset 50"):
        run_on_host(model, demo_samples(1))


def test_read_of_unwritten_arena_is_caught(tmp_path: Path) -> None:
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", "TC_STEP(1); arena[16] = arena[47];")
    with pytest.raises(VerificationError, match="TC953"):
        run_on_host(model, demo_samples(1))


def test_status_of_init_is_reported(tmp_path: Path) -> None:
    model = edited(
        tmp_path, "demo.c", "    net->arena = (uint8_t *)arena;\n    return DEMO_OK;", "    return 7;"
    )
    with pytest.raises(VerificationError, match=r"TC955.*demo_init returned 7"):
        run_on_host(model, demo_samples(1))


@needs_host_cc
def test_sanitised_run_agrees() -> None:
    samples = demo_samples(3)
    result = run_on_host(demo_model(), samples, sanitize=True)
    assert result.outputs == expected(samples)
    assert result.arena_high_water == 40


@needs_host_cc
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("arena[48] = 1;", "heap-buffer-overflow"),
        ("net->arena[0] = (uint8_t)(1 << net->arena[0] << 30);", "shift"),
    ],
)
def test_sanitisers_stop_the_program(tmp_path: Path, statement: str, finding: str) -> None:
    model = edited(tmp_path, "demo.c", "TC_STEP(1);", f"TC_STEP(1); {statement}")
    with pytest.raises(VerificationError, match=f"(?s)TC954.*{finding}"):
        run_on_host(model, [[bytes([200] * 16)]], sanitize=True)
