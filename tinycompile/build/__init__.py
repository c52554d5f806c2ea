"""Every subprocess: compilers, the host library, emulators, probes. Trees of C go in, results come out."""

from tinycompile.build.codesize import measure_code
from tinycompile.build.compilers import (
    Compiler,
    embedded_compiler,
    find_arm_gcc,
    find_host_cc,
    find_zig,
    host_compiler,
)
from tinycompile.build.contract import (
    ArenaPart,
    BuildInput,
    CodeSize,
    IOSlot,
    Optimize,
    RunResult,
    Samples,
    Traffic,
)
from tinycompile.build.debugger import FirstRun, find_gdb, load_with_gdb
from tinycompile.build.doctor import Check, check
from tinycompile.build.emulator import run_on_emulator
from tinycompile.build.firmware import linker_script
from tinycompile.build.flashing import Firmware, FlashResult, build_firmware, flash
from tinycompile.build.host import HostModel, run_on_host
from tinycompile.build.kernelsize import kernel_code
from tinycompile.build.qemu import find_qemu, run_on_qemu

__all__ = [
    "ArenaPart",
    "BuildInput",
    "Check",
    "CodeSize",
    "Compiler",
    "Firmware",
    "FirstRun",
    "FlashResult",
    "HostModel",
    "IOSlot",
    "Optimize",
    "RunResult",
    "Samples",
    "Traffic",
    "build_firmware",
    "check",
    "embedded_compiler",
    "find_arm_gcc",
    "find_gdb",
    "find_host_cc",
    "find_qemu",
    "find_zig",
    "flash",
    "host_compiler",
    "kernel_code",
    "linker_script",
    "load_with_gdb",
    "measure_code",
    "run_on_emulator",
    "run_on_host",
    "run_on_qemu",
]
