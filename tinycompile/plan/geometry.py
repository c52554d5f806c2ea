"""What decides the memory of a network, and nothing else: planes of values, and the windows between them.

A `Geometry` needs no weights, no scales, no kernels. A search describes its candidates by it, through a
`GeometryBuilder`, in a fraction of a millisecond; `geometry_of` takes it from a Graph. `peak` tells from it
what a plan needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tinycompile.ops.spatial import Pair, Window


@dataclass(frozen=True, slots=True)
class Plane:
    """A value: `height` rows of `width` pixels of `channels` elements of `itemsize` bytes, dense."""

    height: int
    width: int
    channels: int
    itemsize: int = 1

    @property
    def row(self) -> int:
        """Bytes of one row."""
        return self.width * self.channels * self.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return self.height * self.row


@dataclass(frozen=True, slots=True)
class Layer:
    """One kernel call.

    Attributes:
        inputs: the values that it reads, and whose rows a row of the result is made of.
        output: the value that it makes.
        window: the rows and columns of every input that a pixel of the result is made of; None where the
            result cannot be made row by row.
        aside: further values, which it reads whole even where it makes single rows.
        in_place: the inputs whose storage the whole result may take where they die.
        elementwise: a row of the result may overwrite that of an input of the same shape.
        fold: the result is a reduction over all pixels, which may be accumulated row by row.
        carried: each row of the result is made of the one before, in its place.
        macs: multiply-accumulates.
        scratch: bytes that the call needs beside its operands at least, 0 where kernels are not known.
        likely: bytes that it will need beside them in all likelihood.
    """

    inputs: tuple[int, ...]
    output: int
    window: Window | None
    aside: tuple[int, ...] = ()
    in_place: tuple[int, ...] = ()
    elementwise: bool = False
    fold: bool = False
    carried: bool = False
    macs: int = 0
    scratch: int = 0
    likely: int = 0

    @property
    def reads(self) -> tuple[int, ...]:
        """All values that it reads."""
        return (*self.inputs, *self.aside) if self.aside else self.inputs


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows or columns of a value that something is made of.

    Attributes:
        end: those up to the last of them.
        middle: one of them, as near to the middle as is known; None where there is none.
    """

    end: int
    middle: int | None

    def joined(self, other: Asked) -> Asked:
        """What either asks for."""
        middles = [m for m in (self.middle, other.middle) if m is not None]
        end = max(self.end, other.end)
        return Asked(end, min(middles, key=lambda m: abs(2 * m - end), default=None))

    def through(self, window: Window, axis: int, size: int) -> Asked:
        """What is asked of an operand of `size` where this is asked of the result."""
        if self.middle is None:
            return self
        low, high = needed(window, axis, (self.middle, self.middle + 1), size)
        middle = min(max(size // 2, low), high - 1) if low < high else None
        return Asked(needed(window, axis, (0, self.end), size)[1], middle)


@dataclass(frozen=True)
class Geometry:
    """A network: values, and the layers in an order in which they can be executed.

    Attributes:
        planes: one per value.
        inputs, outputs: values that the application gives and takes; the first may do so row by row.
    """

    planes: tuple[Plane, ...]
    layers: tuple[Layer, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all layers."""
        return sum(layer.macs for layer in self.layers)

    @cached_property
    def forced(self) -> bool:
        """Whether there is no other order: each layer reads what the one before has made."""
        pairs = zip(self.layers, self.layers[1:], strict=False)
        return all(before.output in after.reads for before, after in pairs)

    @cached_property
    def asked(self) -> tuple[tuple[Asked, Asked], ...]:
        """Per value what is made of its rows and of its columns, if it is not held whole.

        Strides may leave out what lies behind the last of them, or between two.
        """
        found = [(Asked(0, None), Asked(0, None)) for _ in self.planes]
        for value in self.outputs:
            found[value] = self._all(value)
        for layer in reversed(self.layers):
            for value in layer.reads:
                by_rows = layer.window is not None and value in layer.inputs and not layer.fold
                own = self._of_layer(layer, value, found[layer.output]) if by_rows else self._all(value)
                rows, columns = (a.joined(b) for a, b in zip(found[value], own, strict=True))
                found[value] = rows, columns
        return tuple(found)

    def _all(self, value: int) -> tuple[Asked, Asked]:
        plane = self.planes[value]
        return Asked(plane.height, plane.height // 2), Asked(plane.width, plane.width // 2)

    def _of_layer(self, layer: Layer, value: int, made: tuple[Asked, Asked]) -> tuple[Asked, Asked]:
        plane, window = self.planes[value], layer.window
        assert window is not None
        rows, columns = (
            made[axis].through(window, axis, size) for axis, size in enumerate((plane.height, plane.width))
        )
        return rows, columns

    @cached_property
    def split(self) -> Geometry:
        """The same with reductions as running sums and what is left to do at the end (`SplitFolds`)."""
        planes, layers = list(self.planes), list[Layer]()
        for layer in self.layers:
            x = self.planes[layer.inputs[0]]
            if not layer.fold or x.height < 2:
                layers.append(layer)
                continue
            sums = len(planes)
            planes.append(Plane(x.height, 1, x.channels, 4))
            layers.append(Layer(layer.inputs, sums, Window((1, x.width)), carried=True))
            # The one row of the result is made of the last row of the sums.
            last = Window((1, 1), pads=(1 - x.height, 0, 0, 0))
            layers.append(replace(layer, inputs=(sums,), window=last, fold=False))
        if len(layers) == len(self.layers):
            return self
        return replace(self, planes=tuple(planes), layers=tuple(layers))


def needed(window: Window, axis: int, part: tuple[int, int], size: int) -> tuple[int, int]:
    """The rows (0) or columns (1) of an operand of `size` that results [part) are made of."""
    first, end = window.reads(axis, part)
    return max(0, first), max(0, first, min(size, end))


def half(kernel: Pair) -> tuple[int, int, int, int]:
    """The pads (top, left, bottom, right) of a window that is centred on its pixel."""
    y, x = (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
    return y, x, kernel[0] - 1 - y, kernel[1] - 1 - x


class GeometryBuilder:
    """Describes a network layer by layer; values are numbers, activations are part of the layer before them.

    Example:
        >>> net = GeometryBuilder()
        >>> x = net.input(32, 32, 3)
        >>> x = net.conv(x, 16, kernel=3, stride=2)
        >>> y = net.depthwise(x, kernel=5)
        >>> x = net.add(x, net.conv(y, 16))
        >>> geometry = net.build(net.dense(net.mean(x), 10))
    """

    def __init__(self, itemsize: int = 1, *, dsp: bool = True) -> None:
        """`itemsize`: bytes of an element, 1 for int8 and 4 for float32; `dsp`: whether the core has SMLAD.

        Kernels for it copy the operands of some pixels into scratch, so that results of 1x1 convolutions may
        take their place.
        """
        self.itemsize, self._widens = itemsize, dsp and itemsize == 1
        self._planes: list[Plane] = []
        self._layers: list[Layer] = []
        self._inputs: list[int] = []

    def plane(self, value: int) -> Plane:
        """Its rows, pixels and channels."""
        return self._planes[value]

    def input(self, height: int, width: int, channels: int) -> int:
        """A value that the application gives."""
        value = self._value(height, width, channels)
        self._inputs.append(value)
        return value

    def conv(
        self,
        x: int,
        channels: int,
        kernel: int | Pair = 1,
        stride: int | Pair = 1,
        pads: tuple[int, int, int, int] | None = None,
        groups: int = 1,
    ) -> int:
        """A convolution; without `pads` (top, left, bottom, right) it is padded to half its kernel.

        Raises:
            ValueError: the padded input is smaller than the kernel.
        """
        window, height, width = self._window(x, kernel, stride, pads)
        y = self._value(height, width, channels)
        depth = self._planes[x].channels // groups
        macs = height * width * channels * depth * window.kernel[0] * window.kernel[1]
        columns = window.kernel[1] + min(window.kernel[1], window.strides[1])  # of two neighbouring windows
        likely = columns * window.kernel[0] * depth if self._widens else 0
        pointwise = self.itemsize == 1 and groups == 1 and window == Window((1, 1))
        in_place = (x,) if pointwise and channels <= depth else ()
        same = bool(in_place) and channels == depth
        self._layers.append(
            Layer((x,), y, window, in_place=in_place, elementwise=same, macs=macs, likely=likely)
        )
        return y

    def depthwise(
        self,
        x: int,
        kernel: int | Pair = 3,
        stride: int | Pair = 1,
        pads: tuple[int, int, int, int] | None = None,
    ) -> int:
        """A convolution of every channel on its own; its result may take the place of `x`.

        Raises:
            ValueError: the padded input is smaller than the kernel.
        """
        window, height, width = self._window(x, kernel, stride, pads)
        channels = self._planes[x].channels
        y = self._value(height, width, channels)
        macs = height * width * channels * window.kernel[0] * window.kernel[1]
        shrinks = height * width <= self._planes[x].height * self._planes[x].width
        likely = channels * (3 if window.kernel == (3, 3) else 1) if self._widens else 0
        in_place = (x,) if shrinks else ()
        self._layers.append(Layer((x,), y, window, in_place=in_place, macs=macs, likely=likely))
        return y

    def pool(
        self,
        x: int,
        kernel: int | Pair = 2,
        stride: int | Pair | None = None,
        pads: tuple[int, int, int, int] = (0, 0, 0, 0),
    ) -> int:
        """A largest or average value of every window; the stride is that of the kernel if not given.

        Raises:
            ValueError: the padded input is smaller than the kernel.
        """
        window, height, width = self._window(x, kernel, kernel if stride is None else stride, pads)
        y = self._value(height, width, self._planes[x].channels)
        self._layers.append(Layer((x,), y, window))
        return y

    def add(self, *xs: int) -> int:
        """A sum or product of values of one shape."""
        plane = self._planes[xs[0]]
        y = self._value(plane.height, plane.width, plane.channels)
        self._layers.append(Layer(xs, y, Window((1, 1)), in_place=xs, elementwise=True))
        return y

    def lookup(self, x: int) -> int:
        """A function of every element that is a layer of its own (hard swish, sigmoid)."""
        return self.add(x)

    def scale(self, x: int, factors: int) -> int:
        """`x` times one factor per channel (squeeze and excite)."""
        plane = self._planes[x]
        y = self._value(plane.height, plane.width, plane.channels)
        layer = Layer((x,), y, Window((1, 1)), aside=(factors,), in_place=(x,), elementwise=True)
        self._layers.append(layer)
        return y

    def mean(self, x: int) -> int:
        """The average over all pixels."""
        plane = self._planes[x]
        y = self._value(1, 1, plane.channels)
        window = Window((plane.height, plane.width))
        self._layers.append(Layer((x,), y, window if plane.height == 1 else None, fold=True))
        return y

    def dense(self, x: int, features: int) -> int:
        """A fully connected layer over all elements of `x`."""
        elements = self._planes[x].nbytes // self._planes[x].itemsize
        y = self._value(1, 1, features)
        self._layers.append(Layer((x,), y, None, macs=elements * features))
        return y

    def softmax(self, x: int) -> int:
        """A softmax over all elements, on whole tensors."""
        plane = self._planes[x]
        y = self._value(plane.height, plane.width, plane.channels)
        self._layers.append(Layer((x,), y, None, in_place=(x,)))
        return y

    def build(self, *outputs: int) -> Geometry:
        """The network with these results."""
        return Geometry(tuple(self._planes), tuple(self._layers), tuple(self._inputs), outputs)

    def _value(self, height: int, width: int, channels: int) -> int:
        self._planes.append(Plane(height, width, channels, self.itemsize))
        return len(self._planes) - 1

    def _window(
        self, x: int, kernel: int | Pair, stride: int | Pair, pads: Sequence[int] | None
    ) -> tuple[Window, int, int]:
        size = (kernel, kernel) if isinstance(kernel, int) else kernel
        step = (stride, stride) if isinstance(stride, int) else stride
        top, left, bottom, right = half(size) if pads is None else pads
        window = Window(size, step, (top, left, bottom, right))
        plane = self._planes[x]
        return (window, *window.out_size((plane.height, plane.width)))
