"""The labelled samples of a search: read, checked, split.

An .npz holds `x` and `y`, or `x_train`, `y_train`, `x_test` and `y_test`. `module:function` names a function
that takes nothing and returns a torch Dataset (or any sequence of pairs of sample and label), or a pair of
two of them: for training and for the test.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycompile.data import TC_NOT_FINITE, load_arrays
from tinycompile.errors import Diagnostic, UsageError, declare

TC_SHAPE = declare(
    "TC830",
    "Data of a shape that cannot be searched for",
    "`search` takes samples x of the shape [count, channels, height, width] (or with channels last, for 1 to "
    "4 channels; or [count, height, width] for one channel) and one label per sample in y. Sequences have a "
    "width of 1.",
)
TC_FEW = declare(
    "TC831",
    "Too few samples",
    "A search needs at least two classes, and at least five samples a class to train on, to compare "
    "candidates with and to test the result with.",
)
TC_CLASSES = declare(
    "TC832",
    "Labels out of range",
    "Labels are whole numbers from 0 up to the number of classes, and each class has samples to train on.",
)
TC_ENTRY = declare(
    "TC833",
    "The data's entry point cannot be used",
    "--data takes an .npz file or MODULE:FUNCTION, a function without arguments that returns a torch Dataset "
    "of pairs (sample, label), or two of them for training and test.",
)

Array = npt.NDArray[Any]
_LEAST_PER_CLASS, _LARGE = 5, 5000
_KEYS = (("x_train", "y_train", "x_test", "y_test"), ("train_x", "train_y", "test_x", "test_y"))


@dataclass(frozen=True, eq=False)
class Part:
    """Samples x [count, channels, height, width] and labels y int64[count]."""

    x: Array
    y: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def take(self, index: Array) -> Part:
        """The samples with these numbers, in this order."""
        return Part(self.x[index], self.y[index])


@dataclass(frozen=True, eq=False)
class Data:
    """What is trained on, what candidates are compared with, and what only the result is tested with.

    Attributes:
        source: the file or entry point that it came from.
    """

    source: str
    train: Part
    validation: Part
    test: Part
    classes: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width of a sample."""
        channels, height, width = self.train.x.shape[1:]
        return channels, height, width

    @property
    def digest(self) -> str:
        """A short name for exactly these samples in this split."""
        found = hashlib.sha256(repr((self.train.x.shape, str(self.train.x.dtype), self.classes)).encode())
        for part in (self.train, self.validation, self.test):
            found.update(np.ascontiguousarray(part.x[:: max(1, len(part) // 512)]).tobytes())
            found.update(part.y.tobytes())
        return found.hexdigest()[:16]


def load_data(source: str, seed: int, held_out: float | None = None, tested: float = 0.2) -> Data:
    """Read, check and split the samples of an .npz or of an entry point.

    Args:
        source: a path, or MODULE:FUNCTION.
        seed: of the split.
        held_out: share of the training samples that candidates are compared with; None takes a tenth, and
            more of small sets, where few samples tell little.
        tested: share of all samples that are kept for the test, where the source has no part for it; 0 keeps
            none, for a search whose result is tested with other data.

    Raises:
        UsageError: TC321, TC322, TC830 to TC833.
    """
    train, test = _entry(source) if _is_entry(source) else _file(source)
    rng = np.random.default_rng((seed, 0x5EA7C4))
    if test is None:
        kept, test = _split(train, tested, rng)
        train = kept
    _check_labels(train, test, source)
    if test.x.shape[1:] != train.x.shape[1:] or test.x.dtype != train.x.dtype:
        raise _shape_error(source, f"the test has samples {_words(test.x)}, training {_words(train.x)}")
    classes = int(train.y.max()) + 1
    if held_out is None:
        held_out = 0.1 if len(train) >= _LARGE else 0.15
    train, validation = _split(train, held_out, rng)
    needed = [("training", train), ("comparing candidates", validation)]
    for name, part in [*needed, ("the test", test)] if len(test) or tested else needed:
        if len(part) < _LEAST_PER_CLASS * classes:
            raise UsageError(
                Diagnostic(
                    TC_FEW,
                    f"'{source}' leaves {len(part):,} samples of {classes} classes for {name}; "
                    f"at least {_LEAST_PER_CLASS * classes:,} are needed",
                    (source,),
                    "give more samples",
                )
            )
    return Data(source, train, validation, test, classes)


def _is_entry(source: str) -> bool:
    return ":" in source and not Path(source).exists() and not source.endswith((".npz", ".npy"))


def _file(source: str) -> tuple[Part, Part | None]:
    arrays = load_arrays(source)
    for names in _KEYS:
        if set(names) <= arrays.keys():
            x, y, x_test, y_test = (arrays[n] for n in names)
            return _part(x, y, source), _part(x_test, y_test, source)
    if {"x", "y"} <= arrays.keys():
        return _part(arrays["x"], arrays["y"], source), None
    found = ", ".join(sorted(n or "one array without a name" for n in arrays))
    raise _shape_error(source, f"the file holds {found}", "save x and y, or x_train, y_train, x_test, y_test")


def _entry(source: str) -> tuple[Part, Part | None]:
    name, _, attribute = source.rpartition(":")
    try:
        sys.path.insert(0, "")
        try:
            function = getattr(importlib.import_module(name), attribute)
        finally:
            sys.path.remove("")
        found = function()
    except Exception as error:
        message = f"'{source}' cannot be called: {type(error).__name__}: {error}"
        raise UsageError(
            Diagnostic(TC_ENTRY, message, (source,), "give MODULE:FUNCTION or FILE.npz")
        ) from error
    both = isinstance(found, tuple) and len(found) == 2 and all(map(_is_dataset, found))
    first, second = found if both else (found, None)
    return _stacked(first, source), None if second is None else _stacked(second, source)


def _is_dataset(found: object) -> bool:
    return hasattr(found, "__len__") and hasattr(found, "__getitem__") and not hasattr(found, "dtype")


def _stacked(dataset: Any, source: str) -> Part:
    """All pairs of a dataset as arrays."""
    try:
        pairs = [dataset[i] for i in range(len(dataset))]
        x = np.stack([np.asarray(sample) for sample, _ in pairs])
        y = np.asarray([int(label) for _, label in pairs])
    except Exception as error:
        message = f"'{source}' does not give pairs of sample and label: {type(error).__name__}: {error}"
        hint = "return a Dataset whose items are (array, class number)"
        raise UsageError(Diagnostic(TC_ENTRY, message, (source,), hint)) from error
    return _part(x, y, source)


def _part(x: Array, y: Array, source: str) -> Part:
    """Samples and labels as they are used, or what is wrong with them."""
    if x.dtype.kind not in "fiu" or (x.dtype.kind in "iu" and x.dtype.itemsize > 1):
        raise _shape_error(source, f"x holds {x.dtype}", "save uint8, int8 or floats")
    if x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4 and x.shape[3] <= 4 < x.shape[1]:
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    if x.ndim != 4 or 0 in x.shape:
        raise _shape_error(source, f"x has the shape {list(x.shape)}")
    labels = y.reshape(-1) if y.ndim == 1 or y.size == len(x) else y
    if labels.shape != (len(x),):
        raise _shape_error(source, f"{len(x):,} samples come with labels of shape {list(y.shape)}")
    if labels.dtype.kind not in "fiu" or not np.array_equal(labels, np.rint(labels)):
        raise _label_error(source, "the labels are not whole numbers")
    if x.dtype.kind == "f":
        broken = ~np.isfinite(x).all(axis=(1, 2, 3))
        if broken.any():
            message = f"{broken.sum():,} of {len(x):,} samples of '{source}' hold NaN or infinity"
            raise UsageError(Diagnostic(TC_NOT_FINITE, message, (source,), "remove or repair them"))
        x = x.astype(np.float32)
    return Part(x, labels.astype(np.int64))


def _check_labels(train: Part, test: Part, source: str) -> None:
    if train.y.size == 0 or train.y.max() < 1:
        message = f"'{source}' holds samples of fewer than two classes"
        raise UsageError(Diagnostic(TC_FEW, message, (source,), "give samples of every class"))
    low, high = int(train.y.min()), int(train.y.max())
    low, most = min(low, int(test.y.min(initial=0))), int(test.y.max(initial=0))
    if low < 0 or most > high:
        wrong = low if low < 0 else most
        raise _label_error(source, f"there is a label {wrong}; training has labels up to {high}")
    counts = np.bincount(train.y)
    missing = np.flatnonzero(counts == 0)
    if len(missing):
        few = ", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else "")
        raise _label_error(source, f"labels go up to {high}, but no sample to train on has {few}")


def _split(part: Part, share: float, rng: np.random.Generator) -> tuple[Part, Part]:
    """The rest, and `share` of the samples of every class, both in mixed order."""
    order = rng.permutation(len(part))
    classes = part.y[order]
    taken = np.zeros(len(part), dtype=bool)
    for label in np.unique(classes):
        where = np.flatnonzero(classes == label)
        taken[where[: round(share * len(where))]] = True
    return part.take(order[~taken]), part.take(order[taken])


def _words(x: Array) -> str:
    return f"{x.dtype}{list(x.shape[1:])}"


def _shape_error(source: str, what: str, hint: str = "give x [count, channels, height, width]") -> UsageError:
    return UsageError(Diagnostic(TC_SHAPE, f"'{source}': {what}", (source,), hint))


def _label_error(source: str, what: str) -> UsageError:
    return UsageError(Diagnostic(TC_CLASSES, f"'{source}': {what}", (source,), "number the classes from 0"))


def no_test(source: str) -> UsageError:
    """The error for data without a part to test with."""
    hint = "give data with x_test and y_test, or an entry point that returns two Datasets, with --data"
    return UsageError(Diagnostic(TC_FEW, f"'{source}' leaves no samples for the test", (source,), hint))
