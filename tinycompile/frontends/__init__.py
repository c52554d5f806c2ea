"""Reading models of other tools. The only package that imports onnx."""

from tinycompile.frontends.onnx_file import Source, source_bytes
from tinycompile.frontends.onnx_model import load_model
from tinycompile.frontends.onnx_ports import ModelPorts, Port, onnx_io

__all__ = ["ModelPorts", "Port", "Source", "load_model", "onnx_io", "source_bytes"]
