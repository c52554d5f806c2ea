"""Finding boards by name and by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinycompile.errors import TargetError
from tinycompile.resources import boards_dir
from tinycompile.target import CORES, all_boards, board_names, load_board, qemu_board, unicorn_board


def test_every_shipped_board_loads_and_has_the_name_of_its_file() -> None:
    assert tuple(board.name for board in all_boards()) == board_names()
    assert {path.stem for path in boards_dir().glob("*.toml")} == set(board_names())


def test_a_path_loads_the_same_board_as_its_name() -> None:
    assert load_board(str(boards_dir() / "nucleo-f446re.toml")) == load_board("nucleo-f446re")


def test_an_unknown_board_names_the_nearest() -> None:
    with pytest.raises(TargetError) as caught:
        load_board("nucleo-f446")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "TC501"
    assert "nucleo-f446" in diagnostic.message
    assert "nucleo-f446re" in diagnostic.hint
    assert caught.value.exit_code == 4


def test_a_name_that_resembles_nothing_lists_all_boards() -> None:
    with pytest.raises(TargetError) as caught:
        load_board("@@@@")
    assert all(name in caught.value.diagnostics[0].hint for name in board_names())


def test_a_name_cannot_leave_the_folder_of_boards() -> None:
    with pytest.raises(TargetError, match="TC501"):
        load_board("../boards/host")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"TC502.*mine\.toml: No such file"):
        load_board(str(tmp_path / "mine.toml"))


def test_a_stand_in_has_the_core_of_the_board_and_the_memory_of_the_machine() -> None:
    board = load_board("nucleo-f446re")
    standing_in = qemu_board(board)
    assert standing_in.regions == load_board("mps2-an386").regions
    assert standing_in.core is board.core


def test_a_machine_of_its_own_is_the_board_itself() -> None:
    board = load_board("mps2-an386")
    assert qemu_board(board) is board


def test_the_host_is_not_emulated() -> None:
    host = load_board("host")
    for emulated in (qemu_board, unicorn_board):
        with pytest.raises(TargetError, match="TC513"):
            emulated(host)


def test_unicorn_keeps_the_memory_of_the_board() -> None:
    board = load_board("nucleo-f446re")
    assert unicorn_board(board) == board
    assert unicorn_board(board).core is CORES["cortex-m4f"]
