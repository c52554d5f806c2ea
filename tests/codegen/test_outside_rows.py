"""Models that fetch weights while their rows are fed: what is read when, and what failures leave behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.codegen.compilers import check_c, check_cxx, host, needs_host_cc, write
from tests.networks.outside import WIDE, fed, image

#: Feeds the rows on standard input; begin (wait) fails at the N-th call. Prints the output, and to standard
#: error the counts of calls ahead of the first row, and in all.
_MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wide.h"

static WIDE_ARENA(arena);
static uint8_t file[WIDE_WEIGHTS_BYTES];
static uint8_t rows[WIDE_IN0_ROWS][WIDE_IN0_ROW_BYTES];
static int begun, awaited, fail_begin, fail_wait;
static struct { uint32_t offset, bytes; void *target; } read_;

static int begin(void *context, uint32_t offset, void *target, uint32_t bytes) {
  (void)context;
  if (begun != awaited) exit(99);
  if (++begun == fail_begin) return awaited = begun, 1;
  read_.offset = offset;
  read_.bytes = bytes;
  read_.target = target;
  memset(target, 0x77, bytes);
  return 0;
}

static int wait_(void *context) {
  (void)context;
  memcpy(read_.target, file + read_.offset, read_.bytes);
  return ++awaited == fail_wait;
}

/* The status of the last row, or of the first one that fails. */
static int feed(wide_t *net, int *ahead) {
  int row, status = WIDE_MORE_ROWS;
  for (row = 0; row < WIDE_IN0_ROWS && status == WIDE_MORE_ROWS; ++row) {
    status = wide_feed_row(net, rows[row]);
    if (row == 0) *ahead = begun;
    if (row + 1 < WIDE_IN0_ROWS && begun != awaited) exit(98);
  }
  return status;
}

int main(int argc, char **argv) {
  wide_t net;
  const wide_fetch_t fetch = {begin, wait_, NULL};
  int ahead = 0, status;
  FILE *in = fopen("wide_weights.bin", "rb");
  if (argc != 3 || in == NULL || fread(file, 1, sizeof file, in) != sizeof file) return 100;
  fclose(in);
  if (fread(rows, 1, sizeof rows, stdin) != sizeof rows) return 101;
  if (wide_init(&net, arena) != WIDE_OK) return 102;
  if (wide_feed_row(&net, rows[0]) != WIDE_NO_FETCH || wide_next_row(&net) != NULL) return 103;
  if (wide_run(&net) != WIDE_NO_FETCH || wide_set_fetch(&net, &fetch) != WIDE_OK) return 104;
  fail_begin = atoi(argv[1]);
  fail_wait = atoi(argv[2]);
  status = feed(&net, &ahead);
  if (fail_begin || fail_wait) {
    if (status != WIDE_FETCH_FAILED || begun != awaited) return 105;
    fail_begin = fail_wait = begun = awaited = 0;
    status = feed(&net, &ahead);
  }
  if (status != WIDE_OK) return 106;
  fprintf(stderr, "%d %d", ahead, begun);
  fwrite(wide_output(&net, 0), 1, WIDE_OUT0_BYTES, stdout);
  return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program above, under sanitisers, beside the weights file."""
    folder = write(fed().tree, tmp_path_factory.mktemp("fed"))
    (folder / "main.c").write_text(_MAIN, encoding="utf-8")
    host("-g", "-fsanitize=address,undefined", *fed().tree.c_files, "main.c", "-o", "program", folder=folder)
    return folder


@needs_host_cc
def test_reads_come_ahead_of_the_first_row_and_behind_the_last(program: Path) -> None:
    """Whatever read fails, the run ends, and the next one starts from the beginning."""
    stage = next(s for s in fed().program.stages if s.stepwise)
    ahead = sum(f.step <= stage.first for f in fed().program.fetches)
    count = len(fed().program.fetches)
    assert 0 < ahead < count
    given = image(2, WIDE.size)
    (wanted,) = fed().simulate(given).values()
    failures = [(0, 0), *((n, 0) for n in range(1, count + 1)), *((0, n) for n in range(1, count + 1))]
    for begin, wait in failures:
        done = subprocess.run(
            [program / "program", str(begin), str(wait)],
            input=given["image"].tobytes(),
            capture_output=True,
            check=False,
            timeout=60,
            cwd=program,
        )
        assert (done.returncode, done.stderr.decode()) == (0, f"{ahead} {count}"), (begin, wait)
        assert done.stdout == wanted.tobytes()


@needs_host_cc
def test_compiles_as_c_and_cxx_without_a_warning(tmp_path: Path) -> None:
    check_c(write(fed().tree, tmp_path), fed().tree.c_files)
    check_cxx(tmp_path, ["wide.h", "wide_weights.h"])
