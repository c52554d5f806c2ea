"""Every subprocess: compilers, the host library, emulators, probes. Trees of C go in, results come out."""

from tinycompile.build.compilers import find_arm_gcc, find_host_cc, find_zig
from tinycompile.build.host import HostModel, run_on_host
from tinycompile.build.types import BuildInput, CodeSize, IOSlot, Optimize, RunResult, Samples

__all__ = [
    "BuildInput",
    "CodeSize",
    "HostModel",
    "IOSlot",
    "Optimize",
    "RunResult",
    "Samples",
    "find_arm_gcc",
    "find_host_cc",
    "find_zig",
    "run_on_host",
]
