"""Sample data: read NPZ and NPY files, match arrays to model inputs, quantise at the edges."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.ir import TensorType
from tinycompile.numeric import quantize
from tinycompile.plan.program import Port
from tinycompile.sim.reference import TC_INPUT

TC_DATA_FILE = declare(
    "TC321",
    "Unreadable data file",
    "A data file is missing or is neither .npz nor .npy. Save arrays with numpy.savez or numpy.save, "
    "without pickled objects.",
)
TC_NOT_FINITE = declare(
    "TC322",
    "Data with NaN or infinity",
    "Calibration and input data must be finite numbers. Remove the samples that the message counts.",
)


def load_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name, or the one of an .npy under the name ''.

    Raises:
        UsageError: TC321.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            found = np.load(stream, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return {"": found}
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, KeyError) as error:
        message = f"cannot read data from '{file}': {_why_unreadable(error)}"
        raise UsageError(
            Diagnostic(TC_DATA_FILE, message, (str(file),), "save arrays of numbers with numpy.savez")
        ) from error


def _why_unreadable(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if "pickle" in str(error):  # of NumPy's two messages, for object arrays and for plain pickles
        return "it holds Python objects, or is no .npz or .npy file"
    return "it is no .npz or .npy file, or cut off"


def match_inputs(ports: Sequence[Port], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Samples [count, *shape] per input, as finite numbers of the array's own element type.

    An array is taken for an input by name; a model with one input also takes `x` or the only array.
    A single sample may come without the leading axis; where the model's first dimension is 1, that
    dimension may be the sample axis itself.

    Raises:
        UsageError: TC320 for missing or misshapen arrays, TC322 for NaN or infinity.
    """
    found: dict[str, np.ndarray] = {}
    problems: list[Diagnostic] = []
    for port in ports:
        samples = _samples(port, ports, arrays)
        if isinstance(samples, Diagnostic):
            problems.append(samples)
        else:
            found[port.name] = samples
    counts = {len(a) for a in found.values()}
    if not problems and len(counts) > 1:
        problems.append(Diagnostic(TC_INPUT, f"inputs have different numbers of samples: {sorted(counts)}"))
    if problems:
        raise UsageError(problems)
    return found


def to_port_type(samples: np.ndarray, type_: TensorType) -> np.ndarray:
    """Samples in the element type of a port: floats are quantised, integers of the same type pass.

    Raises:
        UsageError: TC320 when the values cannot be meant for this type.
    """
    target = type_.dtype.numpy
    if samples.dtype == target:
        return samples
    if samples.dtype.kind == "f" and type_.quant is not None:
        return quantize(samples.astype(np.float32), type_.quant.scale0, type_.quant.zero0, target)
    if samples.dtype.kind == "f" and target.kind == "f":
        return samples.astype(target)
    if target.kind == "f" and samples.dtype.kind in "iub":
        return samples.astype(target)
    if samples.dtype.kind in "iub":
        converted = samples.astype(target)
        if np.array_equal(converted.astype(np.int64), samples.astype(np.int64)):
            return converted
    raise UsageError(
        Diagnostic(
            TC_INPUT,
            f"{samples.dtype} data cannot be used as {type_}",
            (),
            "give float32 data, or data of the model's own type",
        )
    )


def to_port(samples: np.ndarray, port: Port) -> np.ndarray:
    """Samples [count, *shape] of the source model as a port takes them: its element type, its dimensions.

    Raises:
        UsageError: TC320 when the values cannot be meant for this type.
    """
    return port.from_source(to_port_type(samples, port.type))


def one_sample(ports: Sequence[Port], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of the source model's shapes, by input, as the ports take them; floats are quantised.

    Raises:
        UsageError: TC320 for an array that is missing, misshapen, or cannot be meant for its input.
    """
    problems, found = [], {}
    for port in ports:
        array = arrays.get(port.name)
        if array is None:
            problems.append(_missing(port, arrays, "given are"))
        elif np.shape(array) != port.source_type.shape:
            problems.append(_misfit(port, np.shape(array), str(list(port.source_type.shape))))
        else:
            found[port.name] = to_port(np.asarray(array)[None], port)[0]
    if problems:
        raise UsageError(problems)
    return found


def _samples(port: Port, ports: Sequence[Port], arrays: Mapping[str, np.ndarray]) -> np.ndarray | Diagnostic:
    """Samples [count, *shape] of one input, or what is wrong with them."""
    array = _pick(port, ports, arrays)
    if array is None:
        return _missing(port, arrays, "the file holds")
    samples = _with_sample_axis(array, port.source_type)
    if samples is None:
        return _misfit(port, array.shape, f"[samples, {', '.join(map(str, port.source_type.shape))}]")
    if array.dtype.kind not in "fiub":
        message = f"input '{port.name}' holds {array.dtype}, not numbers"
        return Diagnostic(TC_INPUT, message, (port.name,), "save integers or floats")
    broken = ~np.isfinite(samples).all(axis=tuple(range(1, samples.ndim)))
    if broken.any():
        return Diagnostic(
            TC_NOT_FINITE,
            f"{broken.sum()} of {len(samples)} samples of '{port.name}' hold NaN or infinity",
            (port.name,),
            "remove or repair them",
        )
    return samples


def _missing(port: Port, arrays: Mapping[str, np.ndarray], there: str) -> Diagnostic:
    return Diagnostic(
        TC_INPUT,
        f"no data for input '{port.name}' {_shape(port.type)}; {there} {sorted(arrays)}",
        (port.name,),
        f"name an array '{port.name}'",
    )


def _misfit(port: Port, shape: Sequence[int], wanted: str) -> Diagnostic:
    return Diagnostic(
        TC_INPUT,
        f"data of shape {list(shape)} do not fit input '{port.name}' {_shape(port.source_type)}",
        (port.name,),
        f"give {wanted}",
    )


def _pick(port: Port, ports: Sequence[Port], arrays: Mapping[str, np.ndarray]) -> np.ndarray | None:
    if port.name in arrays:
        return arrays[port.name]
    if len(ports) == 1:
        if "x" in arrays:
            return arrays["x"]
        if len(arrays) == 1:
            return next(iter(arrays.values()))
    return None


def _with_sample_axis(array: np.ndarray, type_: TensorType) -> np.ndarray | None:
    shape = type_.shape
    if array.shape == shape:
        return array[None]
    if array.ndim == len(shape) + 1 and array.shape[1:] == shape:
        return array
    if shape and shape[0] == 1 and array.shape[1:] == shape[1:]:
        return array[:, None]
    if shape and shape[0] == 1 and array.shape == shape[1:]:
        return array[None, None]
    return None


def _shape(type_: TensorType) -> str:
    return f"{type_.dtype.value}[{', '.join(map(str, type_.shape))}]"
