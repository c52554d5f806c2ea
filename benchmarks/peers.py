"""What other systems measure on the same networks.

All figures come from one rig: gcc 12.2.1, bare metal, Cortex-M4 with FPU, exact counts of executed
instructions, cycles by the same table as ours (zero wait states). TFLM runs with CMSIS-NN; onnx2c and
emx-onnx-cgen are compiled with -O3.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tflm:
    """TensorFlow Lite Micro with CMSIS-NN on an int8 network; sizes in bytes, code in thousands of bytes.

    `instructions` and `cycles` are those of a Cortex-M4.
    """

    instructions: int
    cycles: float
    arena: int
    code_and_rodata: float
    model: int
    instructions_m7: int


#: Network -> figures.
TFLM = {
    "ic": Tflm(29_864_097, 36.5e6, 54_996, 52.4, 98_496, 30_000_000),
    "kws": Tflm(7_696_910, 9.17e6, 22_820, 54.6, 53_936, 7_640_000),
    "vww": Tflm(24_101_964, 29.0e6, 100_708, 54.6, 333_288, 24_000_000),
    "ad": Tflm(582_962, 0.726e6, 2_580, 29.4, 276_976, 583_000),
}


@dataclass(frozen=True)
class Generated:
    """A generator of C: instructions per multiply-accumulate, and bytes of static RAM or heap without I/O.

    Both compute int8 QDQ networks in float32.
    """

    instructions_per_mac: float
    ram: int | None


#: Network -> figures of onnx2c and emx-onnx-cgen.
GENERATORS = {
    "ic_float": (Generated(9.71, 196_592), Generated(7.35, 753_816)),
    "vww_float": (Generated(7.22, 294_936), Generated(6.66, 1_852_848)),
    "kws_float": (Generated(7.50, 64_024), Generated(5.83, 576_144)),
    "ic_int8_qdq": (Generated(9.71, 679_416), Generated(8.51, None)),
    "vww_int8_qdq": (Generated(9.05, 1_394_200), Generated(10.6, None)),
    "kws_int8_qdq": (Generated(8.09, 239_336), Generated(8.85, None)),
}
