/* Tiles: several operators that make a band of rows together, one tile of columns after the other. */
#ifndef TC_TILES_H
#define TC_TILES_H

#include "tc_stream.h"

/* Rows of a copy: the first one, counted from the pointer on either side, and how many. */
typedef struct {
  int16_t from, to, count;
} tc_tile_rows_t;

/* Columns of a copy, in bytes: where they start on either side, the distance of its rows, their length. */
typedef struct {
  uint32_t from, from_pitch, to, to_pitch, bytes;
} tc_tile_columns_t;

/* A call on buffers, or (call == NULL) a copy: from the rows of operand `feed` of the stage, or from the buffer at
 * `from` for -1; into the result, or into the buffer at `to`. In the rows of the stage, columns move by `step`
 * from one repeated tile to the next. */
typedef struct {
  tc_row_t call;
  int16_t feed, result;
  uint32_t from, to, step;
  const tc_tile_rows_t *rows;       /* per row variant */
  const tc_tile_columns_t *columns; /* per column variant */
} tc_tile_step_t;

/* The first `heads` and the last `tails` of the `columns` tiles have variants of their own. */
typedef struct {
  const tc_tile_step_t *steps;
  int16_t count, columns, heads, tails;
} tc_tiles_t;

TC_EXTERN_C_BEGIN

/* Makes a band of row variant `variant`; calls get variant * column variants + column variant. */
void tc_tiles(uint8_t *arena, const uint8_t *const *x, uint8_t *y, int32_t variant, const tc_tiles_t *t);

TC_EXTERN_C_END

#endif
