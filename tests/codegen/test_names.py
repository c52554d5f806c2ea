"""Names from users and models never break the C, the build or the folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from tests.codegen.compilers import check_c, check_cxx, needs_host_cc, write
from tinycompile.codegen.names import check_ports, check_prefix, port_macro, suggest_prefix
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import UsageError

BAD_PREFIXES = [
    "",
    " ",
    "../x",
    "a/b",
    "a\\b",
    "a.b",
    "a-b",
    "9lives",
    "_x",
    "naïve",
    "输入",
    "a b",
    "a\n",
    "a\0b",
    "*/",
    '"',
    "x" * 49,
    "x" * 10_000,
    "int",
    "class",
    "While",
    "tc",
    "TC",
    "tc_kws",
    "Tc_x",  # keywords of C and C++, and the runtime's own
    "stdint",
    "String",
    "math",
    "unistd",  # stdint.h would hide <stdint.h>
    "int8",
    "size",
    "UINT32",
    "uint_fast16",
    "max_align",  # int8_t is taken
    "test",
    "all",
    "clean",
    "install",  # CMake's own targets
]
NASTY = [
    "a*/b",
    "/*",
    "*\\",
    '"quoted"',
    "back\\slash",
    "??/",
    "naïve 网络",
    "new\nline",
    "%s%n",
    "#define x",
    "n" * 5000,
]


@pytest.mark.parametrize("name", BAD_PREFIXES)
def test_prefixes_that_c_cannot_have(name: str) -> None:
    with pytest.raises(UsageError, match="TC701") as caught:
        check_prefix(name)
    hint = caught.value.diagnostics[0].hint
    assert check_prefix(hint.removeprefix("try --name "))


@pytest.mark.parametrize("name", ["kws", "Net2", "a", "a_", "a__b", "x" * 48, "intl", "tch", "testing"])
def test_prefixes_that_c_can_have(name: str) -> None:
    assert check_prefix(name) == name


@given(st.text())
def test_every_text_suggests_a_legal_prefix(text: str) -> None:
    assert check_prefix(suggest_prefix(text))


@pytest.mark.parametrize("names", [("a.b", "a/b"), ("x:0", "x_0"), ("Logits", "logits"), ("输入", "出力")])
def test_ports_with_one_macro(names: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="TC702") as caught:
        check_ports("input", names)
    assert caught.value.diagnostics[0].origins == names


def test_ports_with_macros_of_their_own() -> None:
    names = ("serving_default_x:0", "x", "1", "")
    assert check_ports("output", names) == ("SERVING_DEFAULT_X_0", "X", "1", "UNNAMED")
    assert port_macro("*/") == "UNNAMED"


def test_two_outputs_of_the_same_c_name_are_refused() -> None:
    with pytest.raises(UsageError, match="TC702"):
        compile(_chain(["y:0", "y/0"]))


@needs_host_cc
def test_names_from_models_never_break_the_c(tmp_path: Path) -> None:
    compilation = _nasty()
    check_c(write(compilation.tree, tmp_path), compilation.tree.c_files)
    check_cxx(tmp_path, compilation.tree.c_files)
    sources = "".join(compilation.tree.files[n] for n in ("nasty.h", "nasty.c", "nasty_weights.c"))
    assert sources.isascii()
    assert max(map(len, sources.splitlines())) < 4095 + len("#define NASTY_OUTPUT_") + 5000


def test_names_in_the_c_are_recognisable() -> None:
    text = _nasty().tree.files["nasty.c"]
    assert "/* a* /b -> " in text and '/* "quoted" -> ' in text and "/* new?line -> " in text


def _nasty() -> Compilation:
    outputs = [f"{index} {name}" for index, name in enumerate(NASTY)]
    return compile(_chain(outputs), options=Options(name="nasty"))


def _chain(outputs: list[str]) -> onnx.ModelProto:
    """input '*/ in' -> one Mul by another constant per name; node and output have the name."""
    nodes, constants = [], []
    for index, output in enumerate(outputs):
        constants.append(numpy_helper.from_array(np.full(3, index + 2, np.float32), f"c*/{index}"))
        name = output.partition(" ")[2]
        nodes.append(helper.make_node("Mul", ["*/ in", f"c*/{index}"], [output], name=name))
    given = helper.make_tensor_value_info("*/ in", TensorProto.FLOAT, (1, 3))
    declared = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 3)) for name in outputs]
    graph = helper.make_graph(nodes, 'gra"ph*/', [given], declared, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
