"""The diagnostics of toolchains, emulators and probes."""

from __future__ import annotations

from tinycompile.errors import declare

MISSING_TOOL = declare(
    "TC601",
    "A tool is not installed",
    "A compiler, emulator or Python package that this command needs was not found. "
    "`tinycompile doctor` lists what is there, what is missing and how to get it.",
)
COMPILE_FAILED = declare(
    "TC602",
    "The C compiler failed",
    "The compiler rejected a source file; its last lines are in the message. Generated code that does not "
    "compile is a defect of tinycompile: please report it with the model and the compiler's version.",
)
LINK_FAILED = declare(
    "TC603",
    "The linker failed",
    "Objects compiled but did not link; the linker's last lines are in the message.",
)
TIME_LIMIT = declare(
    "TC604",
    "A tool ran past its time limit",
    "A compiler, emulator or probe did not finish in the time that it was given and was stopped.",
)
EMULATOR_FAILED = declare(
    "TC605",
    "The emulator could not run the firmware",
    "The emulator stopped before the model had run over every sample; its last words are in the message.",
)
UNSUITABLE_TOOL = declare(
    "TC606",
    "A tool is there but cannot do this",
    "The tool that was found lacks something that this command needs, as the message says.",
)
BAD_SAMPLES = declare(
    "TC607",
    "Samples do not match the model's inputs",
    "Every sample needs one byte string per model input, each exactly as long as that input.",
)
REGION_OVERFLOW = declare(
    "TC451",
    "The firmware does not fit the board's memory",
    "The linker reports that a memory region is too small for the program, its data, the arena and the "
    "stack. Choose `--optimize ram`, a smaller model or a larger board.",
)
NO_PROBE = declare(
    "TC551",
    "No debug probe answers",
    "The flashing tool found no probe or no board behind it. Check the cable, the probe's drivers and "
    "access rights, and that no other program holds the probe.",
)
FLASH_FAILED = declare(
    "TC552",
    "The firmware could not be written",
    "The flashing tool reached the probe but failed; its last lines are in the message.",
)
NO_FLASH_TOOL = declare(
    "TC553",
    "Nothing here can write the board",
    "Boards are written with pyOCD, OpenOCD or st-flash; none that suits the board is installed, or the "
    "board exists in an emulator only.",
)
NO_FIRMWARE = declare(
    "TC554",
    "The target takes no firmware",
    "Firmware images and their code sizes exist only for microcontrollers: name a Cortex-M board.",
)
OUTSIDE_WEIGHTS = declare(
    "TC556",
    "Weights lie outside the chip",
    "The firmware of `flash` sets up no external memory and has no file to fetch weights from. Use the C "
    "files in an application that does, or try the model with `run --on emulator`.",
)
MEMORY_FAULT = declare(
    "TC951",
    "The program touched memory that the board does not have",
    "The generated code read, wrote or executed an address outside the board's flash and RAM.",
)
GUARD_BROKEN = declare(
    "TC952",
    "The program wrote outside its arena",
    "Guard bytes next to the arena were changed while the model ran.",
)
DEPENDS_ON_GARBAGE = declare(
    "TC953",
    "The result depends on memory that was never written",
    "The same sample gave different outputs when the arena held different bytes beforehand.",
)
SANITISER_FINDING = declare(
    "TC954",
    "A sanitiser stopped the program",
    "AddressSanitizer or UndefinedBehaviorSanitizer found an error in the generated code.",
)
BAD_STATUS = declare(
    "TC955",
    "The model's init or run function returned an error",
    "The generated C refused its arena or its context.",
)
PUSHED_DIFFERS = declare(
    "TC956",
    "Rows that are pushed give another result",
    "The first sample's outputs were different when its rows were given through the feed function instead of "
    "being read through the callback of the run function. This is a defect of tinycompile; please report it "
    "with the model.",
)
