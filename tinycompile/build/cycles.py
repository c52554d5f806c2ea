"""From execution counts of basic blocks to instructions and modelled cycles, in total and by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tinycompile.build.compilers import missing
from tinycompile.build.trace import BlockCount
from tinycompile.target import CycleTable

#: `(address, bytes)` -> the code there.
ReadCode = Callable[[int, int], bytes]

_LOADS = frozenset({"ldr", "ldrb", "ldrh", "ldrsb", "ldrsh"})
_STORES = frozenset({"str", "strb", "strh"})
_MULTIPLE = frozenset({"ldm", "ldmdb", "stm", "stmdb", "push", "pop", "vldmia", "vldmdb", "vstmia", "vstmdb"})
_PAIRS = frozenset({"ldrd", "strd"})
_FP_MULTIPLE = frozenset({"vpush", "vpop"})
_BRANCHES = frozenset({"b", "bl", "bx", "blx", "cbz", "cbnz", "tbb", "tbh"})
_SIMD_PREFIXES = (
    *(
        "sadd",
        "uadd",
        "ssub8",
        "ssub16",
        "usub",
        "sasx",
        "uasx",
        "ssax",
        "usax",
        "qadd",
        "qsub",
        "qdadd",
        "qdsub",
    ),
    *("qasx", "qsax", "shadd", "uhadd", "shsub", "uhsub", "uqadd", "uqsub", "sel", "usad", "pkh"),
    *("smla", "smls", "smmul", "smmla", "smmls", "smua", "smus", "smul", "ssat16", "usat16"),
    *("sxtb16", "uxtb16", "sxtab", "uxtab", "sxtah", "uxtah"),
)
_FP_MAC = frozenset({"vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnma", "vfnms"})


@dataclass(frozen=True)
class Counts:
    """Instructions and cycles by step; the cycles are empty where the core has no table."""

    instructions: tuple[int, ...]
    cycles: tuple[float, ...]


def count(
    blocks: Iterable[BlockCount],
    marks: Iterable[tuple[int, int]],
    read_code: ReadCode,
    table: CycleTable | None,
    steps: int,
) -> Counts:
    """Add up what was executed.

    A block that contains step marks is split there, so that every instruction counts for the step that it
    belongs to. Divisions, whose time depends on the operands, count the middle of the table's range.

    Args:
        blocks: execution counts.
        marks: `(address, step)` of every TC_STEP.
        read_code: access to the code in memory.
        table: the core's instruction timings, or None to count instructions only.
        steps: the least length of the results.

    Raises:
        ToolchainError: a table was given but capstone is not installed (TC601).
    """
    step_at = dict(marks)
    decoder = _Decoder(table) if table else None
    length = max([steps, 1, *(step + 1 for step in step_at.values())])
    instructions, cycles = [0] * length, [0.0] * length
    for block in blocks:
        code = read_code(block.address, block.size)
        costs = decoder.costs(block.address, code) if decoder else {}
        step = block.step
        for address in thumb_addresses(block.address, code):
            step = step_at.get(address, step)
            instructions[step] += block.count
            cycles[step] += block.count * costs.get(address, 0.0)
        if decoder:
            cycles[step] += block.taken * decoder.penalty(block.address, code)
    return Counts(tuple(instructions), tuple(cycles) if table else ())


def thumb_addresses(address: int, code: bytes) -> list[int]:
    """The addresses of the 16-bit and 32-bit Thumb instructions in straight-line code."""
    found, position = [], 0
    while position < len(code):
        found.append(address + position)
        # 0b11101, 0b11110 and 0b11111 in the top bits start a 32-bit instruction.
        position += 4 if code[position + 1] >> 3 >= 0b11101 else 2
    return found


class _Decoder:
    """Static cycle costs of blocks after one core's table, decoded once per block."""

    def __init__(self, table: CycleTable) -> None:
        try:
            import capstone
        except ImportError as failure:
            raise missing("the Python package capstone", "pip install capstone") from failure
        self._table = table
        mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
        self._engine = capstone.Cs(capstone.CS_ARCH_ARM, mode)
        self._engine.detail = True
        self._blocks: dict[tuple[int, bytes], tuple[dict[int, float], float]] = {}

    def costs(self, address: int, code: bytes) -> dict[int, float]:
        """Cycles of each instruction, a branch at the end not taken."""
        return self._decoded(address, code)[0]

    def penalty(self, address: int, code: bytes) -> float:
        """Cycles to add when the block's last instruction branches away."""
        return self._decoded(address, code)[1]

    def _decoded(self, address: int, code: bytes) -> tuple[dict[int, float], float]:
        key = (address, code)
        if key not in self._blocks:
            costs: dict[int, float] = {}
            penalty, behind_load = 0.0, False
            for instruction in self._engine.disasm(code, address):
                name = instruction.insn_name()
                costs[instruction.address] = self._cost(name, instruction, behind_load)
                behind_load = name in _LOADS
                penalty = self._penalty(name, instruction)
            self._blocks[key] = (costs, penalty)
        return self._blocks[key]

    def _penalty(self, name: str, instruction: Any) -> float:
        if name in ("bl", "blx"):
            return float(self._table.call_penalty)
        if name in _BRANCHES or "pc" in instruction.op_str.split("[")[0]:
            return float(self._table.taken_branch_penalty)
        return 0.0

    def _cost(self, name: str, instruction: Any, behind_load: bool) -> float:
        table = self._table
        if name in _LOADS:
            return table.load_pipelined if behind_load else table.load
        if name in _STORES:
            indexed = any(o.type == _MEMORY_OPERAND and o.mem.index for o in instruction.operands)
            return table.store_register_offset if indexed else table.store
        if name in _PAIRS:
            return table.multiple(2)
        if name in _FP_MULTIPLE or name in _MULTIPLE:
            return table.multiple(_words(name, instruction))
        if name in _BRANCHES:
            return table.load if name in ("tbb", "tbh") else table.branch
        if name in ("sdiv", "udiv"):
            return ((table.div_min or table.alu) + (table.div_max or table.alu)) / 2
        return _or_alu(self._arithmetic(name), table)

    def _arithmetic(self, name: str) -> int | None:
        table = self._table
        if name in ("mul", "muls"):
            return table.mul
        if name in ("mla", "mls"):
            return table.mac
        if name in ("smull", "umull"):
            return table.long_mul
        if name in ("smlal", "umlal", "umaal"):
            return table.long_mac
        if name.startswith("v"):
            return self._floating(name)
        return table.simd if name.startswith(_SIMD_PREFIXES) else table.alu

    def _floating(self, name: str) -> int | None:
        table = self._table
        if name in ("vldr", "vstr"):
            return table.fp_load if name == "vldr" else table.fp_store
        if name in _FP_MAC:
            return table.fp_mac
        return table.fp_div if name in ("vdiv", "vsqrt") else table.fp_simple


#: capstone.arm.ARM_OP_MEM
_MEMORY_OPERAND = 3


def _or_alu(cycles: int | None, table: CycleTable) -> float:
    return table.alu if cycles is None else cycles


def _words(name: str, instruction: Any) -> int:
    """How many 32-bit words a load or store of several registers moves."""
    has_base = name not in ("push", "pop", "vpush", "vpop")
    registers = [instruction.reg_name(operand.reg) for operand in instruction.operands[has_base:]]
    return sum(2 if register.startswith("d") else 1 for register in registers)
