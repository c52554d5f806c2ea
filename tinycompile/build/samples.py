"""Samples as bytes: checks, files of them, and the tables of slots that C harnesses get."""

from __future__ import annotations

from tinycompile.build.codes import BAD_SAMPLES, BAD_STATUS
from tinycompile.build.contract import BuildInput, IOSlot, Samples
from tinycompile.errors import Diagnostic, UsageError, VerificationError


def check_samples(model: BuildInput, samples: Samples) -> None:
    """Raise UsageError unless every sample has one right-sized byte string per input."""
    wanted = [slot.nbytes for slot in model.inputs]
    for number, sample in enumerate(samples):
        found = [len(data) for data in sample]
        if found != wanted:
            raise UsageError(
                Diagnostic(
                    BAD_SAMPLES,
                    f"sample {number} has inputs of {found} bytes, the model takes {wanted}",
                    (model.name,),
                )
            )


def join_samples(samples: Samples) -> bytes:
    """All inputs of all samples, one behind the other."""
    return b"".join(data for sample in samples for data in sample)


def split_outputs(model: BuildInput, raw: bytes) -> Samples:
    """Cut concatenated outputs into samples and outputs."""
    sizes = [slot.nbytes for slot in model.outputs]
    outputs, position = [], 0
    for _ in range(len(raw) // sum(sizes)):
        sample = []
        for size in sizes:
            sample.append(raw[position : position + size])
            position += size
        outputs.append(sample)
    return outputs


def slot_macro(name: str, model: BuildInput, slots: tuple[IOSlot, ...]) -> str:
    """A `-D` argument with the rows of a C table of slots: part, offset in it, bytes, bytes of a row."""
    rows = []
    for slot in slots:
        part = model.part(slot)
        offset = slot.offset - model.arenas[part].start
        rows.append(f"{{{part}u,{offset}u,{slot.nbytes}u,{slot.row_bytes}u}},")
    return f"-D{name}=" + "".join(rows)


def row_macros(model: BuildInput) -> tuple[str, ...]:
    """`-D` arguments: the indices of the input and the output in rows or patches, where there are any."""
    macros: tuple[str, ...] = ()
    if model.read_rows is not None:
        macros = (f"-DTC_READ_ROWS={model.read_rows}", f"-DTC_MORE_ROWS={model.name.upper()}_MORE_ROWS")
    if model.read_patches is not None:
        pixel = model.inputs[model.read_patches].pixel_bytes
        macros = (f"-DTC_READ_PATCHES={model.read_patches}", f"-DTC_PIXEL_BYTES={pixel}u")
    return macros if model.taken_rows is None else (*macros, f"-DTC_TAKEN_ROWS={model.taken_rows}")


def arena_macros(model: BuildInput) -> tuple[str, ...]:
    """`-D` arguments: what to do for each part of the arena, and the arguments of init that name them."""
    parts = range(len(model.arenas))
    each = "".join(f"TC_PART({i},{part.macro})" for i, part in enumerate(model.arenas))
    return (f"-DTC_PARTS={each}", "-DTC_PART_ARGUMENTS=" + ",".join(f"TC_PART_ARGUMENT({i})" for i in parts))


def bad_status(model: BuildInput, function: str, status: int) -> VerificationError:
    """The error for a non-zero status of the model's init or run function."""
    return VerificationError(
        Diagnostic(BAD_STATUS, f"{model.name}_{function} returned {status}", (f"{model.name}_{function}",))
    )
