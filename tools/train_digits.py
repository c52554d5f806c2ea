"""Train the digit classifier of `tinycompile demo` and write it as ONNX.

    pip install torch==2.13.0 scikit-learn onnx
    python tools/train_digits.py tinycompile/demo/digits.onnx

The data are scikit-learn's 1797 handwritten digits of 8 x 8 pixels (UCI Optical Recognition of Handwritten
Digits); the split is that of `tinycompile.demo.data`. Training is seeded and takes about a minute on one
core; the float model is stored, and the demo quantises it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tinycompile.demo.data import digits

EPOCHS = 60
BATCH = 64
CHANNELS = (12, 24, 48)


class Net(nn.Module):
    """Two convolutions with pooling, a depthwise separable one, and a linear classifier; 8 x 8 in, 10 out."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c = CHANNELS
        self.conv1 = nn.Conv2d(1, a, 3, padding=1)
        self.conv2 = nn.Conv2d(a, b, 3, padding=1)
        self.depthwise = nn.Conv2d(b, b, 3, padding=1, groups=b)
        self.pointwise = nn.Conv2d(b, c, 1)
        self.linear = nn.Linear(c, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores [N, 10] of images [N, 1, 8, 8] in 0 to 1."""
        x = torch.relu(self.conv1(x))
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.relu(self.depthwise(x))
        x = torch.relu(self.pointwise(x))
        return self.linear(x.mean(dim=(2, 3)))


def train(images: torch.Tensor, labels: torch.Tensor) -> Net:
    """A trained network; random shifts by one pixel augment the data."""
    torch.manual_seed(7)
    net = Net()
    optimiser = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=1e-3)
    steps = EPOCHS * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=8e-3, total_steps=steps)
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            optimiser.zero_grad()
            loss(net(shifted(images[batch])), labels[batch]).backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def shifted(images: torch.Tensor) -> torch.Tensor:
    """Each image moved by -1, 0 or 1 pixels in both directions, zeros from outside."""
    padded = nn.functional.pad(images, (1, 1, 1, 1))
    offsets = torch.randint(0, 3, (len(images), 2))
    return torch.stack(
        [p[:, y : y + 8, x : x + 8] for p, (y, x) in zip(padded, offsets.tolist(), strict=True)]
    )


def to_onnx(net: Net) -> onnx.ModelProto:
    """The network as plain ONNX operators, batch free."""
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []

    def add(op: str, name: str, x: str, layer: nn.Module | None = None, **attributes: object) -> str:
        operands = [x]
        for part in ("weight", "bias") if layer is not None else ():
            array = getattr(layer, part).detach().numpy().astype(np.float32)
            weights.append(numpy_helper.from_array(array, f"{name}.{part}"))
            operands.append(f"{name}.{part}")
        nodes.append(helper.make_node(op, operands, [f"{name}.out"], name=name, **attributes))
        return f"{name}.out"

    x = "image"
    for name in ("conv1", "conv2", "pool", "depthwise", "pointwise"):
        if name == "pool":
            x = add("MaxPool", name, x, kernel_shape=[2, 2], strides=[2, 2])
            continue
        layer = getattr(net, name)
        pad = layer.padding[0]
        shape = {"kernel_shape": list(layer.kernel_size), "pads": [pad] * 4, "group": layer.groups}
        x = add("Relu", f"{name}.relu", add("Conv", name, x, layer, **shape))
    x = add("Flatten", "flatten", add("GlobalAveragePool", "mean", x))
    add("Gemm", "linear", x, net.linear, transB=1)
    nodes[-1].output[0] = "scores"
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])],
        weights,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="tinycompile"
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def main(path: Path) -> None:
    """Train, report the accuracy on the test images, write the model."""
    data = digits()
    net = train(torch.from_numpy(data.train_images), torch.from_numpy(data.train_labels))
    with torch.no_grad():
        right = net(torch.from_numpy(data.test_images)).argmax(dim=1).numpy() == data.test_labels
    onnx.save(to_onnx(net), path)
    print(f"{right.sum()} of {len(right)} test images correct; {path.stat().st_size} bytes in {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
