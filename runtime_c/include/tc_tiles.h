/* Tiles: several operators that make a band of rows together, one tile of columns after the other. */
#ifndef TC_TILES_H
#define TC_TILES_H

#include "tc_stream.h"

/* Rows of a copy: the first one, counted from the pointer on the strided side, and how many. */
typedef struct {
  int16_t first, count;
} tc_tile_rows_t;

/* Columns of a copy, in bytes: where they start on the strided side, how long they are, the distance of its rows. */
typedef struct {
  uint32_t start, bytes, pitch;
} tc_tile_columns_t;

/* The strided side of a copy; a value of 0 or more is the operand of the stage that is read. */
enum { TC_TILE_RESULT = -1, TC_TILE_BUFFER = -2 };

/* A call on buffers, or (call == NULL) a copy between the strided side and the dense buffer at `dense`: into the
 * result, otherwise into the buffer. `step` is how far the columns move from one repeated tile to the next. */
typedef struct {
  tc_row_t call;
  int32_t side;
  uint32_t strided, dense, step;
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
