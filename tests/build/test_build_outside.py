"""Weights outside the flash, executed: host under sanitisers, Unicorn with the board's memory map, QEMU."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.networks.outside import (
    SMALL,
    WIDE,
    board,
    compiled,
    fed,
    image,
    model,
    options,
    spread,
    streamed,
    streamed_apart,
)
from tinycompile.artifact import Artifact, load
from tinycompile.build import (
    build_firmware,
    find_arm_gcc,
    find_qemu,
    find_zig,
    measure_code,
    run_on_emulator,
    run_on_host,
)
from tinycompile.build.compilers import find_host_cc
from tinycompile.compiler import compile
from tinycompile.errors import DoesNotFitError, TargetError, VerificationError
from tinycompile.execution import build_input, execute, simulate

needs_host = pytest.mark.skipif(find_host_cc() is None, reason="no compiler for this machine")
needs_arm = pytest.mark.skipif(find_zig() is None and find_arm_gcc() is None, reason="no compiler for Arm")
needs_qemu = pytest.mark.skipif(
    find_arm_gcc() is None or find_qemu() is None, reason="needs arm-none-eabi-gcc and qemu-system-arm"
)
PLACES = ("fetch", "qspi")


def _saved(weights: str, folder: Path) -> Artifact:
    return load(compiled(weights).save(folder / weights))


def _samples() -> dict[str, np.ndarray]:
    return {"image": np.stack([image(seed)["image"] for seed in range(2)])}


def _check(artifact: Artifact, outputs: dict[str, np.ndarray]) -> None:
    expected = simulate(artifact.program, _samples())
    assert {n: a.tobytes() for n, a in outputs.items()} == {n: a.tobytes() for n, a in expected.items()}


def _model(artifact: Artifact, folder: Path | None = None):  # type: ignore[no-untyped-def]
    return build_input(folder or artifact.directory, artifact.program, artifact.c_files, "balanced")


def _raw() -> list[list[bytes]]:
    return [[image(0)["image"].tobytes()]]


@needs_host
@pytest.mark.parametrize("weights", PLACES)
@pytest.mark.parametrize("sanitize", [False, True], ids=["library", "sanitised"])
def test_host(weights: str, sanitize: bool, tmp_path: Path) -> None:
    artifact = _saved(weights, tmp_path)
    result, outputs = execute(artifact, "host", _samples(), sanitize=sanitize)
    _check(artifact, outputs)
    assert result.arena_high_water is not None and result.arena_high_water <= artifact.program.arena


@needs_arm
@pytest.mark.parametrize("python_hooks", [False, True], ids=["c hooks", "python hooks"])
@pytest.mark.parametrize("weights", PLACES)
def test_emulator(weights: str, python_hooks: bool, tmp_path: Path) -> None:
    """The memory map is the board's; what is fetched lies in no memory that the core can address."""
    pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
    artifact = _saved(weights, tmp_path)
    raw = [[a.tobytes()] for a in _samples()["image"]]
    result = run_on_emulator(_model(artifact), board(), raw, python_hooks=python_hooks)
    (name,) = (p.name for p in artifact.program.outputs)
    expected = simulate(artifact.program, _samples())[name]
    assert [sample[0] for sample in result.outputs] == [row.tobytes() for row in expected]
    assert (result.out_of_plan_accesses, result.uninitialised_reads) == (0, 0)
    assert result.arena_high_water == artifact.program.arena


@needs_qemu
@pytest.mark.qemu
@pytest.mark.parametrize("weights", PLACES)
def test_qemu(weights: str, tmp_path: Path) -> None:
    """The stand-in has no external flash, so mapped weights are in its 4 MiB of flash."""
    artifact = _saved(weights, tmp_path)
    result, outputs = execute(artifact, "qemu", _samples())
    _check(artifact, outputs)
    assert result.instructions is not None and result.instructions > 100_000


@needs_host
@needs_arm
@pytest.mark.parametrize("place", ["host", "emulator"])
def test_a_stage_with_fetched_weights(place: str, tmp_path: Path) -> None:
    pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
    artifact = load(streamed().save(tmp_path / "out"))
    stages = {s.first for s in artifact.program.stages}
    assert stages & {f.step for f in artifact.program.fetches}
    samples = {n: a[None] for n, a in image(3, WIDE.size).items()}
    result, outputs = execute(artifact, place, samples, sanitize=place == "host")  # type: ignore[arg-type]
    expected = simulate(artifact.program, samples)
    assert all(outputs[n].tobytes() == a.tobytes() for n, a in expected.items())
    assert not result.out_of_plan_accesses and not result.uninitialised_reads


@needs_host
@needs_arm
@pytest.mark.parametrize("case", ["plain", "only staging behind", "stage", "rows"])
@pytest.mark.parametrize("place", ["host", "sanitised", "emulator"])
def test_several_regions_and_rows(place: str, case: str, tmp_path: Path) -> None:
    """Reads land at the base of their own region, aligned as the context demands, and ahead of all rows."""
    pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
    made = {"plain": ("4K", "16K"), "only staging behind": ("8K", "512K")}
    wide = fed if case == "rows" else streamed_apart
    compilation, size = (spread(*made[case]), SMALL.size) if case in made else (wide(), WIDE.size)
    artifact = load(compilation.save(tmp_path / "out"))
    assert len(artifact.program.regions) == (1 if case == "rows" else 2) and artifact.program.fetches
    samples = {n: a[None] for n, a in image(5, size).items()}
    where = "emulator" if place == "emulator" else "host"
    result, outputs = execute(artifact, where, samples, sanitize=place == "sanitised")  # type: ignore[arg-type]
    expected = simulate(artifact.program, samples)
    assert all(outputs[n].tobytes() == a.tobytes() for n, a in expected.items())
    assert not result.out_of_plan_accesses and not result.uninitialised_reads
    assert result.arena_high_water is not None and result.arena_high_water <= artifact.program.arena


def _damaged(artifact: Artifact, folder: Path, file: str, old: str, new: str) -> Path:
    copy = folder / "damaged"
    shutil.copytree(artifact.directory, copy)
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1))
    return copy


@needs_arm
def test_the_emulator_sees_reads_that_are_wrong(tmp_path: Path) -> None:
    """A read beyond the file, a call of wait without begin, and a read that is never awaited."""
    pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
    artifact = _saved("fetch", tmp_path)
    size = artifact.program.fetches[-1].source
    wait = "  if (small_wait(net) != 0) return SMALL_FETCH_FAILED;\n"
    for number, (old, new) in enumerate(
        (
            (f"{{{size}u, ", f"{{{size + 64}u, "),
            (wait, wait + wait),
            (wait, ""),
        )
    ):
        folder = _damaged(artifact, tmp_path / str(number), "small.c", old, new)
        with pytest.raises(VerificationError, match="TC955: small_run returned 3"):
            run_on_emulator(_model(artifact, folder), board(), _raw())


@needs_host
def test_the_host_sees_a_result_that_is_computed_before_its_weights_are_there(tmp_path: Path) -> None:
    """Without the last wait, the layer computes on garbage, and the guards of the harness let the run end."""
    artifact = _saved("fetch", tmp_path)
    text = (artifact.directory / "small.c").read_text()
    wait = "  if (small_wait(net) != 0) return SMALL_FETCH_FAILED;\n"
    last = text.rindex(wait)
    (artifact.directory / "small.c").write_text(text[:last] + text[last + len(wait) :])
    result = run_on_host(_model(artifact), _raw())
    assert result.outputs[0][0] != simulate(artifact.program, _samples())["classes_q"][0].tobytes()


@needs_arm
def test_a_truncated_file_is_noticed(tmp_path: Path) -> None:
    pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
    artifact = _saved("fetch", tmp_path)
    file = artifact.directory / "small_weights.bin"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(VerificationError, match="TC955"):
        execute(artifact, "emulator", _samples())


@needs_arm
def test_code_is_measured_without_what_is_outside(tmp_path: Path) -> None:
    sizes = {w: measure_code(_model(_saved(w, tmp_path)), board()) for w in PLACES}
    for weights, found in sizes.items():
        emitted = compiled(weights).program.emitted
        outside = {p.name for p in compiled(weights).program.placed}
        inside = sum(compiled(weights).program.constants[n].nbytes for n in emitted if n not in outside)
        assert inside <= found.weights <= inside + 16 * len(emitted)
        assert 1000 < found.code < 40_000


@needs_arm
def test_a_region_that_is_too_small_is_named(tmp_path: Path) -> None:
    small = board(qspi="32K")
    artifact = _saved("qspi", tmp_path)
    with pytest.raises(
        DoesNotFitError, match=r"TC451: outside: memory region qspi is too small by [\d]+ bytes"
    ):
        measure_code(_model(artifact), small)


@pytest.mark.parametrize("weights", PLACES)
def test_flash_needs_weights_inside(weights: str, tmp_path: Path) -> None:
    artifact = _saved(weights, tmp_path)
    with pytest.raises(TargetError, match=r"TC556: small has weights in (qspi|a file)"):
        build_firmware(_model(artifact), board())


def test_folders_keep_the_weights_file_and_replace_it(tmp_path: Path) -> None:
    folder = compiled("fetch").save(tmp_path / "out")
    assert (folder / "small_weights.bin").read_bytes() == compiled("fetch").tree.binaries["small_weights.bin"]
    compile(model(), board(), options=options("internal")).save(folder)
    assert not (folder / "small_weights.bin").exists()
    assert load(folder).program.fetches == ()
