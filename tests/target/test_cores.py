"""Cores: features, published timings, and what compilers make of their flags."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tinycompile.target import CORES, Core, Feature

ARM_CORES = [core for core in CORES.values() if not core.is_host]
ZIG = (sys.executable, "-m", "ziglang", "cc")
GCC = ("arm-none-eabi-gcc", "-mthumb")


def test_the_names_are_those_that_boards_use() -> None:
    expected = "cortex-m0 cortex-m0+ cortex-m3 cortex-m4 cortex-m4f cortex-m7-sp cortex-m7-dp "
    expected += "cortex-m33 cortex-m55 host"
    assert list(CORES) == expected.split()


@pytest.mark.parametrize(
    ("name", "isa", "features"),
    [
        ("cortex-m0", "armv6-m", ""),
        ("cortex-m0+", "armv6-m", ""),
        ("cortex-m3", "armv7-m", "hw-div unaligned"),
        ("cortex-m4", "armv7e-m", "hw-div unaligned dsp"),
        ("cortex-m4f", "armv7e-m", "hw-div unaligned dsp fpu-sp"),
        ("cortex-m7-sp", "armv7e-m", "hw-div unaligned dsp fpu-sp"),
        ("cortex-m7-dp", "armv7e-m", "hw-div unaligned dsp fpu-sp fpu-dp"),
        ("cortex-m33", "armv8-m.main", "hw-div unaligned dsp fpu-sp"),
        ("cortex-m55", "armv8.1-m.main", "hw-div unaligned dsp fpu-sp fpu-dp mve mve-fp"),
    ],
)
def test_features(name: str, isa: str, features: str) -> None:
    assert CORES[name].isa == isa
    assert CORES[name].features == set(features.split())


def test_has_wants_all_of_the_features() -> None:
    core = CORES["cortex-m4f"]
    assert core.has()
    assert core.has(Feature.DSP, Feature.FPU_SP)
    assert not core.has(Feature.DSP, Feature.MVE)


def test_cortex_m4_timings_are_those_of_its_manual() -> None:
    table = CORES["cortex-m4f"].cycles
    assert table is not None
    assert (table.load, table.load_pipelined) == (2, 1)
    assert (table.store, table.store_register_offset) == (1, 2)
    assert table.multiple(4) == 5
    assert (table.mul, table.mac, table.simd) == (1, 1, 1)
    assert (table.div_min, table.div_max) == (2, 12)
    assert (table.branch, table.taken_branch) == (1, 3)
    assert (table.fp_simple, table.fp_mac, table.fp_div) == (1, 3, 14)


@pytest.mark.parametrize("core", ARM_CORES, ids=lambda core: core.name)
def test_a_timing_stands_exactly_where_the_instruction_exists(core: Core) -> None:
    table = core.cycles
    if table is None:
        assert core.name in {"cortex-m7-sp", "cortex-m7-dp", "cortex-m33", "cortex-m55"}
        return
    assert (table.simd is not None) == core.has(Feature.DSP)
    assert (table.div_max is not None) == core.has(Feature.HW_DIV)
    assert (table.fp_mac is not None) == core.has(Feature.FPU_SP)


@pytest.mark.parametrize("core", ARM_CORES, ids=lambda core: core.name)
def test_an_emulated_core_builds_code_that_the_core_could_run(core: Core) -> None:
    if core.unicorn is None:
        assert core.isa == "armv8.1-m.main"
        return
    build_core = CORES[core.unicorn.build_core]
    assert build_core.features <= core.features
    assert build_core.isa == core.isa
    arm_const = pytest.importorskip("unicorn.arm_const")
    assert hasattr(arm_const, core.unicorn.constant)


def test_code_for_the_double_precision_m7_is_emulated_in_single_precision() -> None:
    unicorn = CORES["cortex-m7-dp"].unicorn
    assert unicorn is not None
    assert unicorn.build_core == "cortex-m7-sp"


@pytest.mark.parametrize("core", ARM_CORES, ids=lambda core: core.name)
def test_zig_confirms_the_checks(core: Core) -> None:
    pytest.importorskip("ziglang")
    assert core.toolchain is not None
    _preprocess((*ZIG, *core.toolchain.zig_flags), core)


@pytest.mark.qemu
@pytest.mark.skipif(shutil.which(GCC[0]) is None, reason="arm-none-eabi-gcc is not installed")
@pytest.mark.parametrize("core", ARM_CORES, ids=lambda core: core.name)
def test_gcc_confirms_the_checks(core: Core) -> None:
    assert core.toolchain is not None
    _preprocess((*GCC, *core.toolchain.gcc_flags), core)


@pytest.mark.parametrize(
    ("name", "incomplete"),
    [("cortex-m4f", "cortex_m4"), ("cortex-m33", "cortex_m33"), ("cortex-m55", "cortex_m55")],
)
def test_the_checks_catch_an_incomplete_name(name: str, incomplete: str) -> None:
    pytest.importorskip("ziglang")
    core = CORES[name]
    assert core.toolchain is not None
    with pytest.raises(subprocess.CalledProcessError):
        _preprocess((*ZIG, "-target", core.toolchain.zig_target, f"-mcpu={incomplete}"), core)


def _preprocess(command: tuple[str, ...], core: Core) -> None:
    assert core.toolchain is not None
    source = "".join(
        f"#if !({check})\n#error {index}\n#endif\n" for index, check in enumerate(core.toolchain.checks)
    )
    subprocess.run(
        [*command, "-E", "-x", "c", "-"], input=source, text=True, check=True, capture_output=True, timeout=60
    )
