"""Boards: a core, its clock, every memory with its true place and size, and the ways to reach it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tinycompile.target.core import Core, UnicornModel

_STACK_SHARE = 8  #: of the default RAM goes to the stack, within the limits below
_STACK_MIN, _STACK_MAX = 1024, 8192


class MemoryKind(StrEnum):
    """What a region is made of, and whether it is inside the chip."""

    RAM = "ram"
    FLASH = "flash"
    EXTERNAL_RAM = "external_ram"
    EXTERNAL_FLASH = "external_flash"

    @property
    def is_ram(self) -> bool:
        """Whether programs can write it like any variable."""
        return self in (MemoryKind.RAM, MemoryKind.EXTERNAL_RAM)

    @property
    def is_external(self) -> bool:
        """Whether it hangs on a memory controller that start-up code must set up first."""
        return self in (MemoryKind.EXTERNAL_RAM, MemoryKind.EXTERNAL_FLASH)


class Attribute(StrEnum):
    """A property of a region that decides what may be placed there.

    Where it is not certain that a memory has a property that makes it more useful, it is left out.
    """

    EXECUTABLE = "executable"  #: the core can fetch instructions from it
    DMA = "dma"  #: the general-purpose DMA controllers reach it
    TIGHTLY_COUPLED = "tightly-coupled"  #: on the core's own port: no wait states, no cache
    INSTRUCTION = (
        "instruction"  #: on the core's port for instructions (ITCM): meant for code, never for arenas
    )
    CACHEABLE = "cacheable"  #: some bank is behind the core's data cache once that is on
    BACKUP = "backup"  #: in the backup domain, write-protected after reset
    NEEDS_ENABLE = "needs-enable"  #: a clock or a controller must be switched on before the first access


@dataclass(frozen=True)
class MemoryBank:
    """A part of a region that the manual lists by its own name (address and size in bytes)."""

    name: str
    address: int
    size: int
    speed_rank: int
    attributes: frozenset[Attribute] = frozenset()

    @property
    def end(self) -> int:
        """The first address behind the bank."""
        return self.address + self.size


@dataclass(frozen=True)
class MemoryRegion:
    """One contiguous range of addresses that can be used as a whole.

    Attributes:
        name: unique on the board, usable in a linker script and in `.section` names.
        kind: RAM or flash, internal or external.
        address: the first address.
        size: bytes.
        attributes: see `Attribute`.
        speed_rank: 0 for the fastest memory of the board, rising with slower ones; of the slowest bank.
        default: the region of its role (data or code) that is used unless another one is named.
        banks: the banks that the region is made of, in ascending order without gaps; one or more.
        enable: address of the register that switches the region on, and the bits to set there; None where
            nothing needs switching on, or more than that.
    """

    name: str
    kind: MemoryKind
    address: int
    size: int
    attributes: frozenset[Attribute]
    speed_rank: int
    default: bool
    banks: tuple[MemoryBank, ...]
    enable: tuple[int, int] | None = None

    @property
    def end(self) -> int:
        """The first address behind the region."""
        return self.address + self.size

    def has(self, *attributes: Attribute) -> bool:
        """Whether the region has all of the attributes."""
        return self.attributes.issuperset(attributes)

    def overlaps(self, other: MemoryRegion) -> bool:
        """Whether the two regions share an address."""
        return self.address < other.end and other.address < self.end


@dataclass(frozen=True)
class SerialPort:
    """The UART that the probe forwards to the computer as a virtual COM port."""

    peripheral: str  #: e.g. `USART2`
    tx: str  #: pin, e.g. `PA2`
    rx: str


@dataclass(frozen=True)
class Probe:
    """How firmware is written to the board.

    Attributes:
        interface: the probe on the board, or the one that is usually plugged in: `stlink-v2-1`, `cmsis-dap`.
        on_board: whether the probe is soldered to the board.
        pyocd_target: the target name of pyOCD, or None where pyOCD cannot write the default flash.
        pyocd_pack: whether that name needs a CMSIS pack (`pyocd pack install NAME`).
        openocd_interface: the `-f` file of the probe, or None.
        openocd_target: the `-f` file of the chip, or None.
        st_flash: whether st-flash of the stlink tools can write it.
        serial: the virtual COM port, or None.
    """

    interface: str
    on_board: bool
    pyocd_target: str | None
    pyocd_pack: bool
    openocd_interface: str | None
    openocd_target: str | None
    st_flash: bool
    serial: SerialPort | None


@dataclass(frozen=True)
class QemuMachine:
    """A machine of qemu-system-arm.

    Attributes:
        machine: the argument of `-M`.
        stand_in: False where the machine models the board itself. A stand-in only runs the same core, and
            firmware for it must be linked for the memory map in the board file of the machine's name.
    """

    machine: str
    stand_in: bool


@dataclass(frozen=True)
class Emulator:
    """The emulators that can execute the board's code; None for one that cannot."""

    unicorn: UnicornModel | None
    qemu: QemuMachine | None


@dataclass(frozen=True)
class Board:
    """A target: everything the compiler and the builders know of the hardware.

    Attributes:
        name: the key on the command line, equal to the name of the TOML file.
        title: the name for people.
        mcu: the ordering code of the chip.
        core: the processor.
        clock_hz: the highest core clock, in hertz.
        flash_wait_states: of the flash inside the chip at that clock; 0 where it needs none or there is none.
        regions: all memories, in ascending order of address, disjoint.
        probe: how to write it, or None for boards that exist in an emulator only.
        emulator: where its code can be emulated, or None.
        sources: the documents that the figures come from.
        text: the board file (TOML); output folders keep it, so that they need no other file later.
    """

    name: str
    title: str
    mcu: str
    core: Core
    clock_hz: int
    flash_wait_states: int
    regions: tuple[MemoryRegion, ...]
    probe: Probe | None
    emulator: Emulator | None
    sources: tuple[str, ...]
    text: str = field(repr=False, compare=False)

    @property
    def ram(self) -> MemoryRegion:
        """The region that takes data, stack and arena unless another one is named."""
        return next(r for r in self.regions if r.default and r.kind.is_ram)

    @property
    def flash(self) -> MemoryRegion:
        """The region that takes code and weights unless another one is named."""
        return next(r for r in self.regions if r.default and not r.kind.is_ram)

    @property
    def ram_bytes(self) -> int:
        """Size of the default RAM region."""
        return self.ram.size

    @property
    def flash_bytes(self) -> int:
        """Size of the default flash region."""
        return self.flash.size

    @property
    def stack_bytes(self) -> int:
        """The stack that firmware sets aside in the default RAM region; 0 for the host, which has its own."""
        if self.core.is_host:
            return 0
        return min(_STACK_MAX, max(_STACK_MIN, self.ram_bytes // _STACK_SHARE // 8 * 8))

    def milliseconds(self, cycles: float) -> float | None:
        """Cycles over the highest clock, as at zero wait states; None for the host, whose clock varies."""
        return None if self.core.is_host else 1e3 * cycles / self.clock_hz

    def region(self, name: str) -> MemoryRegion | None:
        """The region of that name, or None."""
        return next((r for r in self.regions if r.name == name), None)
