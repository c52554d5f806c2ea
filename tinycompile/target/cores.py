"""The cores that boards may name."""

from __future__ import annotations

from tinycompile.target.core import Core, CycleTable, Feature, ToolchainFlags, UnicornModel
from tinycompile.target.cycles import CORTEX_M0, CORTEX_M0PLUS, CORTEX_M3, CORTEX_M4, CORTEX_M4F

_SOFT_FLOAT = "!defined(__ARM_FP)"
_HARD_FLOAT = "defined(__ARM_PCS_VFP)"
_SINGLE = "(__ARM_FP & 0x4)"
_NO_DOUBLE = "!(__ARM_FP & 0x8)"
_DOUBLE = "(__ARM_FP & 0x8)"
_DSP = "defined(__ARM_FEATURE_DSP)"
_NO_DSP = "!defined(__ARM_FEATURE_DSP)"
_MVE_INT_AND_FP = "(__ARM_FEATURE_MVE & 0x3) == 0x3"

_MAINLINE = frozenset({Feature.HW_DIV, Feature.UNALIGNED})
_MAINLINE_DSP = _MAINLINE | {Feature.DSP}


def _core(
    name: str,
    isa: str,
    features: frozenset[Feature],
    cycles: CycleTable | None,
    zig_mcpu: str,
    gcc_flags: str,
    checks: tuple[str, ...],
    unicorn: tuple[str, str] | None,
) -> Core:
    """A Cortex-M core; the float ABI follows from whether it has an FPU."""
    hard_float = Feature.FPU_SP in features
    return Core(
        name=name,
        isa=isa,
        features=features,
        cycles=cycles,
        toolchain=ToolchainFlags(
            zig_target="thumb-freestanding-" + ("eabihf" if hard_float else "eabi"),
            zig_mcpu=zig_mcpu,
            gcc_flags=(*gcc_flags.split(), "-mfloat-abi=" + ("hard" if hard_float else "soft")),
            checks=((_HARD_FLOAT,) if hard_float else (_SOFT_FLOAT,)) + checks,
        ),
        unicorn=UnicornModel(*unicorn) if unicorn else None,
    )


_CORES = (
    _core(
        "cortex-m0",
        "armv6-m",
        frozenset(),
        CORTEX_M0,
        "cortex_m0",
        "-mcpu=cortex-m0",
        (_NO_DSP,),
        ("cortex-m0", "cortex-m0"),
    ),
    # Neither emulator models the M0+; it executes exactly the instructions of the M0.
    _core(
        "cortex-m0+",
        "armv6-m",
        frozenset(),
        CORTEX_M0PLUS,
        "cortex_m0plus",
        "-mcpu=cortex-m0plus",
        (_NO_DSP,),
        ("cortex-m0", "cortex-m0+"),
    ),
    _core(
        "cortex-m3",
        "armv7-m",
        _MAINLINE,
        CORTEX_M3,
        "cortex_m3",
        "-mcpu=cortex-m3",
        (_NO_DSP,),
        ("cortex-m3", "cortex-m3"),
    ),
    _core(
        "cortex-m4",
        "armv7e-m",
        _MAINLINE_DSP,
        CORTEX_M4,
        "cortex_m4",
        "-mcpu=cortex-m4",
        (_DSP,),
        ("cortex-m4", "cortex-m4"),
    ),
    # A bare cortex_m4 silently means soft float for zig, whatever the target says.
    _core(
        "cortex-m4f",
        "armv7e-m",
        _MAINLINE_DSP | {Feature.FPU_SP},
        CORTEX_M4F,
        "cortex_m4+vfp4d16sp",
        "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16",
        (_DSP, _SINGLE, _NO_DOUBLE),
        ("cortex-m4", "cortex-m4f"),
    ),
    _core(
        "cortex-m7-sp",
        "armv7e-m",
        _MAINLINE_DSP | {Feature.FPU_SP},
        None,
        "cortex_m7+fp_armv8d16sp",
        "-mcpu=cortex-m7 -mfpu=fpv5-sp-d16",
        (_DSP, _SINGLE, _NO_DOUBLE),
        ("cortex-m7", "cortex-m7-sp"),
    ),
    # Unicorn's M7 has no double-precision FPU, so code for it is built for the smaller sibling.
    _core(
        "cortex-m7-dp",
        "armv7e-m",
        _MAINLINE_DSP | {Feature.FPU_SP, Feature.FPU_DP},
        None,
        "cortex_m7+fp_armv8d16",
        "-mcpu=cortex-m7 -mfpu=fpv5-d16",
        (_DSP, _SINGLE, _DOUBLE),
        ("cortex-m7", "cortex-m7-sp"),
    ),
    # A bare cortex_m33 has no DSP extension for zig.
    _core(
        "cortex-m33",
        "armv8-m.main",
        _MAINLINE_DSP | {Feature.FPU_SP},
        None,
        "cortex_m33+dsp+fp_armv8d16sp",
        "-mcpu=cortex-m33 -mfpu=fpv5-sp-d16",
        (_DSP, _SINGLE, _NO_DOUBLE),
        ("cortex-m33", "cortex-m33"),
    ),
    # gcc derives the FPU and MVE from -mcpu; an -mfpu would take MVE away again. Unicorn has no M55.
    _core(
        "cortex-m55",
        "armv8.1-m.main",
        _MAINLINE_DSP | {Feature.FPU_SP, Feature.FPU_DP, Feature.MVE, Feature.MVE_FP},
        None,
        "cortex_m55+mve_fp+fp_armv8d16",
        "-mcpu=cortex-m55",
        (_DSP, _SINGLE, _DOUBLE, _MVE_INT_AND_FP),
        None,
    ),
    Core(
        name="host",
        isa="host",
        features=_MAINLINE | {Feature.FPU_SP, Feature.FPU_DP},
        cycles=None,
        toolchain=None,
        unicorn=None,
    ),
)

#: Name -> core.
CORES: dict[str, Core] = {core.name: core for core in _CORES}
