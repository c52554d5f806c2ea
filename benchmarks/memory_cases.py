"""The networks of the memory table: what was asked of each, and what other systems publish."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.networks.archs import Arch, arch_model, mobilenet_v2, read_arch
from tinycompile.frontends import Source
from tinycompile.plan.rules import Edge, StageKind


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
        goal: bytes of arena that are asked for.
        recompute: the share of multiply-accumulates that may be executed again.
        peers: published figures, with what they cost.
    """

    network: str
    goal: int
    input: Edge
    recompute: float = 0.0
    stages: StageKind = StageKind.AUTO
    grid: tuple[int, int] | None = None
    peers: str = ""

    @property
    def key(self) -> str:
        """What tells it from the other cases of its network."""
        kind = "" if self.stages is StageKind.AUTO else f", {self.stages.value} {self.grid}"
        return f"{self.input.value}, recompute {self.recompute:g}{kind}"


CASES = (
    Case("mbv2_w35_r144", 70_000, Edge.RAM),
    Case("mbv2_w35_r144", 31_000, Edge.ROWS, peers="msf-CNN 21,389 at 1.30x, 15,199 at 1.38x"),
    Case("mbv2_w35_r144", 17_000, Edge.ROWS, 0.05, peers="msf-CNN 15,199 at 1.38x, 8,560 at 1.68x"),
    Case("mbv2_w100_r224", 212_000, Edge.RAM),
    Case("mbv2_w100_r224", 138_000, Edge.ROWS),
    Case("mbv2_w100_r224", 66_000, Edge.ROWS, 0.06, peers="MCUNetV2 176,128 at 1.10x"),
    Case("mbv2_w100_r224", 180_000, Edge.PATCHES, 0.10, StageKind.PATCH, (4, 4), "MCUNetV2 176,128 at 1.10x"),
    Case("mcunet_in3", 102_000, Edge.RAM, peers="vMCU 102,700; TinyEngine 116,722 at 2.24x"),
    Case("mcunet_in3", 62_500, Edge.ROWS, peers="msf-CNN 94,224 at 1.45x, 51,164 at 2.69x"),
    Case("mcunet_in4", 120_000, Edge.RAM, peers="X-CUBE-AI 342,000; TinyEngine 416,000"),
    Case("mcunet_in4", 84_000, Edge.ROWS),
    Case("mcunet_in2", 86_000, Edge.RAM),
    Case("mcunet_in2", 59_500, Edge.ROWS),
    Case("mcunet_in0", 17_800, Edge.RAM),
    Case("mcunet_in0", 15_000, Edge.ROWS),
    Case("mcunet_vww1", 22_800, Edge.RAM, peers="TinyEngine 34,784 at 1.36x"),
    Case("mcunet_vww1", 17_600, Edge.ROWS, peers="msf-CNN 26,240 at 1.11x, 15,368 at 1.96x"),
    Case("vww", 29_000, Edge.RAM, peers="TFLM 100,708"),
    Case("vww", 16_000, Edge.ROWS),
    Case("ic", 14_500, Edge.RAM, peers="TFLM 54,996"),
    Case("ic", 11_500, Edge.ROWS),
    Case("kws", 6_500, Edge.RAM, peers="TFLM 22,820"),
)

_ARCHS = {
    "mbv2_w35_r144": "mbv2-w0.35-r144_imagenet.json",
    "mcunet_in4": "mcunet-512kb-2mb_imagenet.json",
    "mcunet_in2": "mcunet-256kb-1mb_imagenet.json",
    "mcunet_in0": "mcunet-10fps_imagenet.json",
}
_FILES = {
    "mcunet_in3": "mcunet/mcunet_in3_int8_qdq.onnx",
    "mcunet_vww1": "mcunet/mcunet_vww1_int8_qdq.onnx",
    **{name: f"mlperf_tiny/{name}_int8_qdq.onnx" for name in ("vww", "ic", "kws")},
}


def source(network: str, zoo: Path) -> Source:
    """The network: real weights where the zoo has them, random ones for layer lists."""
    if network in _FILES:
        return zoo / _FILES[network]
    arch: Arch = (
        mobilenet_v2(1.0, 224)
        if network == "mbv2_w100_r224"
        else read_arch(zoo / "archs" / _ARCHS[network], network)
    )
    return arch_model(arch)
