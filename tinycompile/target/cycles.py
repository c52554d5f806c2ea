"""Published instruction timings, as data.

Cortex-M7, M33 and M55 have no table: their manuals publish no per-instruction cycle counts, and M7 and M55
overlap neighbouring instructions, so that a sum over instructions would not be their time.
"""

from __future__ import annotations

from dataclasses import replace

from tinycompile.target.core import CycleTable

#: Cortex-M4 with the FPU. The pipeline refill P is 1 to 3 cycles; 2 is the usual case.
CORTEX_M4F = CycleTable(
    document="Arm DDI 0439, Cortex-M4 Technical Reference Manual, instruction set summary and FPU timings",
    alu=1,
    load=2,
    load_pipelined=1,
    store=1,
    store_register_offset=2,
    multiple_base=1,
    multiple_per_register=1,
    mul=1,
    mac=1,
    long_mul=1,
    long_mac=1,
    simd=1,
    div_min=2,
    div_max=12,
    branch=1,
    taken_branch_penalty=2,
    call_penalty=2,
    fp_simple=1,
    fp_mac=3,
    fp_div=14,
    fp_load=2,
    fp_store=2,
)

#: Cortex-M4 without the FPU.
CORTEX_M4 = replace(CORTEX_M4F, fp_simple=None, fp_mac=None, fp_div=None, fp_load=None, fp_store=None)

#: Cortex-M3: no DSP extension, slower multiply-accumulate; the long multiplies (3 to 5, accumulating
#: 4 to 7) end early on small operands, their upper bounds stand here.
CORTEX_M3 = replace(
    CORTEX_M4,
    document="Arm DDI 0337, Cortex-M3 Technical Reference Manual, instruction set summary",
    mac=2,
    long_mul=5,
    long_mac=7,
    simd=None,
)

#: Cortex-M0 with the single-cycle multiplier that the chips here have (the small one takes 32 cycles).
CORTEX_M0 = replace(
    CORTEX_M3,
    document="Arm DDI 0432, Cortex-M0 Technical Reference Manual, instruction set summary",
    load_pipelined=2,
    store=2,
    mac=None,
    long_mul=None,
    long_mac=None,
    div_min=None,
    div_max=None,
    call_penalty=3,
)

#: Cortex-M0+: one pipeline stage less, so branches are a cycle shorter.
CORTEX_M0PLUS = replace(
    CORTEX_M0,
    document="Arm DDI 0484, Cortex-M0+ Technical Reference Manual, instruction set summary",
    taken_branch_penalty=1,
    call_penalty=2,
)
