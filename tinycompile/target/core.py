"""Processor cores: what they can execute, what it costs, and how compilers are told about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Feature(StrEnum):
    """An optional part of an instruction set that kernels may require."""

    DSP = "dsp"  #: SIMD within a 32-bit register: SMLAD, SXTB16, QADD16, ...
    FPU_SP = "fpu-sp"  #: single-precision floating point in hardware
    FPU_DP = "fpu-dp"  #: double-precision floating point in hardware
    MVE = "mve"  #: integer M-profile vector extension (Helium)
    MVE_FP = "mve-fp"  #: floating-point M-profile vector extension
    HW_DIV = "hw-div"  #: UDIV and SDIV
    UNALIGNED = "unaligned"  #: halfword and word accesses at any address


@dataclass(frozen=True)
class CycleTable:
    """Cycles per instruction class of an in-order core, with zero wait states.

    A count of N registers costs `multiple_base + N * multiple_per_register`. A value of `None` says that
    the core does not have such instructions. Bus contention, wait states and unaligned accesses are not part
    of the table.
    """

    document: str  #: where the figures are published
    alu: int  #: add, logic, shift, move, compare, extend
    load: int  #: a load that does not directly follow another load
    load_pipelined: int  #: a load directly behind another load
    store: int  #: immediate offset
    store_register_offset: int
    multiple_base: int  #: LDM, STM, PUSH, POP without the per-register part
    multiple_per_register: int
    mul: int  #: 32 x 32 -> 32
    mac: int | None  #: MLA, MLS
    long_mul: int | None  #: SMULL, UMULL
    long_mac: int | None  #: SMLAL, UMLAL
    simd: int | None  #: the DSP extension: SMLAD, SXTB16, SSAT16, ...
    div_min: int | None
    div_max: int | None
    branch: int  #: a conditional branch that is not taken
    taken_branch_penalty: int  #: added to `branch` when taken: the refill of the pipeline, P in the manuals
    call_penalty: int  #: added to `branch` for BL
    fp_simple: int | None  #: VADD, VSUB, VMUL, VCMP, VCVT, VABS, VNEG, VMOV
    fp_mac: int | None  #: VMLA, VMLS, VFMA, VFMS
    fp_div: int | None  #: VDIV, VSQRT
    fp_load: int | None  #: VLDR
    fp_store: int | None  #: VSTR

    def multiple(self, registers: int) -> int:
        """Cycles of a load or store of several registers."""
        return self.multiple_base + registers * self.multiple_per_register

    @property
    def dot_step(self) -> float:
        """Cycles of a step of an int8 dot product: two loads and a multiply-accumulate.

        Cores without one multiply and add, and form both addresses, as Armv6-M loads signed bytes only by two
        registers.
        """
        step = self.mul + 5 * self.alu if self.mac is None else self.mac
        return float(self.load + self.load_pipelined + step)

    @property
    def taken_branch(self) -> int:
        """Cycles of a taken branch, refill included."""
        return self.branch + self.taken_branch_penalty


#: `CycleTable.dot_step` of the Cortex-M4.
_M4_DOT_STEP = 4.0


@dataclass(frozen=True)
class ToolchainFlags:
    """How each compiler names a core, and what its preprocessor must then say.

    Compilers fall back to soft float or drop extensions without a word when the name is not complete, so
    generated code and builds state `checks` as `#if !(...)` / `#error`.
    """

    zig_target: str  #: argument of `-target`
    zig_mcpu: str  #: argument of `-mcpu`
    gcc_flags: tuple[str, ...]  #: for arm-none-eabi-gcc, beside -mthumb
    checks: tuple[str, ...]  #: preprocessor conditions, each of which must hold

    @property
    def zig_flags(self) -> tuple[str, ...]:
        """The arguments that select the core for `zig cc`."""
        return ("-target", self.zig_target, f"-mcpu={self.zig_mcpu}")


@dataclass(frozen=True)
class UnicornModel:
    """The Unicorn CPU model that executes a core's code.

    Attributes:
        cpu: the model, `cortex-m4` for `UC_CPU_ARM_CORTEX_M4` and so on.
        build_core: the name of the core to compile for when the model lacks a part of the real one;
            otherwise the core itself.
    """

    cpu: str
    build_core: str

    @property
    def constant(self) -> str:
        """The name of the constant in `unicorn.arm_const`."""
        return "UC_CPU_ARM_" + self.cpu.upper().replace("-", "_")


@dataclass(frozen=True)
class Core:
    """A processor core in one configuration.

    Attributes:
        name: the key that boards use, e.g. `cortex-m7-sp`.
        isa: `armv6-m`, `armv7-m`, `armv7e-m`, `armv8-m.main`, `armv8.1-m.main` or `host`.
        features: the optional parts that are there.
        cycles: the instruction timings, or None where the manual gives none that can be added up.
        toolchain: the names that compilers use; None for the host, whose compiler knows it.
        unicorn: the CPU model of the pip-only emulator, or None where there is none.
    """

    name: str
    isa: str
    features: frozenset[Feature]
    cycles: CycleTable | None
    toolchain: ToolchainFlags | None
    unicorn: UnicornModel | None

    def has(self, *features: Feature) -> bool:
        """Whether the core has all of the features."""
        return self.features.issuperset(features)

    @property
    def pace(self) -> float:
        """Cycles in the place of one of a Cortex-M4 in dot products, which estimates mostly consist of.

        1 for cores whose manual gives no timings.
        """
        return 1.0 if self.cycles is None else self.cycles.dot_step / _M4_DOT_STEP

    @property
    def is_host(self) -> bool:
        """Whether the code runs on the machine that compiles it."""
        return self.isa == "host"
