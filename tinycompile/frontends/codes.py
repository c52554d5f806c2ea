"""The diagnostics of the frontends: models that cannot be read, and operators that are not known."""

from __future__ import annotations

from tinycompile.errors import declare

UNREADABLE = declare(
    "TC101",
    "The model file cannot be read",
    "There is no such file, it is a folder, or its permissions forbid reading. Check the path.",
)
NOT_ONNX = declare(
    "TC102",
    "Not an ONNX model",
    "The file is empty, cut off, or in another format. Download or export it again; models of other "
    "frameworks are converted first (tf2onnx for TensorFlow and TFLite, torch.onnx.export for PyTorch).",
)
SIDECAR = declare(
    "TC103",
    "External data is missing or unusable",
    "The model keeps weights in a second file, which must lie beside or below the model file under the name "
    "that the model gives. Copy it there, or store the model in one file with onnx.save_model.",
)
OPSET = declare(
    "TC104",
    "The operator set version is not supported",
    "The model declares no usable operator set version, one that is newer than the installed onnx package "
    "knows, or one so old that onnx's converter cannot lift it. Upgrade onnx, or export with a later opset.",
)
FREE_DIMENSION = declare(
    "TC105",
    "An input has free dimensions",
    "Memory is planned ahead, so that every size must be known. A free batch becomes 1; give all other "
    "sizes with --input-shape, as the message shows.",
)
INPUT_SHAPE = declare(
    "TC106",
    "A given input shape does not fit the model",
    "--input-shape names an input that the model does not have, or contradicts a size that the model fixes.",
)
ELEMENT_TYPE = declare(
    "TC107",
    "An element type is not supported",
    "Tensors may be float32, bool or integers of 8 to 64 bits; float64, float16 and bfloat16 are read as "
    "float32. Strings, complex numbers, sequences and optional values have no meaning on a microcontroller.",
)
MALFORMED = declare(
    "TC108",
    "The model contradicts itself",
    "A name is used before or without being computed, is computed twice, or a node does not follow its "
    "operator's definition. onnx.checker.check_model tells more; export the model again.",
)
NOT_FINITE = declare(
    "TC109",
    "Weights are NaN or infinite",
    "NaN in any constant is refused; so is infinity, except in constants that only serve as bounds, masks "
    "or padding (Clip, Min, Max, Where, Pad, Add, Sub, comparisons). Usually training diverged.",
)
TOO_LARGE = declare(
    "TC110",
    "A tensor is too large",
    "The model asks for a tensor beyond any microcontroller's memory. Often a size is wrong in the model.",
)
BROKEN_TENSOR = declare(
    "TC111",
    "A constant's data do not match its shape",
    "A weight tensor holds more or fewer bytes than its dimensions say. The file is damaged or made by hand.",
)
UNKNOWN_OPERATOR = declare(
    "TC220",
    "Unsupported operators",
    "The model uses operators that tinycompile does not support; all of them are listed. `tinycompile ops` "
    "lists those that it supports. Replace them when exporting, or fold constant parts away.",
)
CONTROL_FLOW = declare(
    "TC221",
    "Control flow that depends on data",
    "If is followed when its condition is a constant; Loop, Scan and an If that is decided at run time are "
    "not supported. Unroll the loop when exporting.",
)
