"""The whole way, as a user goes it: scikit-learn's digits for a small board, on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cli.tool import call

pytest.importorskip("optuna", reason="optuna is not installed")
pytest.importorskip("torch", reason="PyTorch is not installed")
sklearn = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["one-shot", "train-each"])
def test_digits_within_8_and_32_kilobytes(strategy: str, tmp_path: Path) -> None:
    """Little training: the accuracy is that of a network that learned, not the best there is."""
    digits = sklearn.load_digits()
    np.savez(tmp_path / "digits.npz", x=digits.images.astype(np.uint8), y=digits.target)
    said = call(
        "search", "--board", "nucleo-g071rb", "--data", tmp_path / "digits.npz", "--ram", "8K", "--flash",
        "32K", "--optimize", "ram", "--strategy", strategy, "--trials", "10", "--population", "5", "--effort",
        "0.2", "-o", tmp_path / "out", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    found = said.object
    (winner,) = found["winners"]
    proven = winner["proven"]
    assert proven["accuracy"] > 0.9 and proven["samples"] == 359
    assert abs(proven["accuracy"] - proven["reference"]) < 0.01
    assert proven["cost"]["ram"] <= 8 << 10 and proven["cost"]["flash"] <= 32 << 10
    assert proven["missed"] == [] and proven["exact_host"] is True
    if strategy == "train-each":
        assert found["proxy"]["candidates"] >= 1
