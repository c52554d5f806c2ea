/* int8 1x1 convolutions of stride 1: four pixels at a time become a column, which then meets all filters. */
#define TC_PAIR_TILE(tile) tc_tile_two_s8_dsp(tile)
#include "tc_dense_four_dsp.h"
#include "tc_packed_dsp.h"

static inline void put_pixel(uint32_t *column, const int8_t *x, int32_t whole, int32_t rest) {
  tc_put_one_of_two(column, x, whole);
  if (rest) column[whole] = tc_word_of_bytes(x + 4 * whole, rest) ^ TC_FLIP;
}

static void one_tile(const tc_tile_t *tile) {
  tc_tile_one_s8_dsp(tile);
}

/* One pixel. */
static inline void dense_one(const tc_dense_t *d, int8_t *y) {
  tc_tile_t tile = d->tile;
  tile.y = y;
  tile.column_end = d->column + d->steps;
  if (d->channels > 1) one_tile(&tile);
  if (!d->plain) tc_dense_finish(d, &tile, 1, one_tile);
}

void tc_conv2d_1x1_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_fully_connected_s8_t *p,
                          int32_t *scratch) {
  const int32_t depth = p->depth, whole = depth >> 2, rest = depth & 3;
  tc_dense_t d = tc_dense_of(packed, scratch, depth, p->channels, p->channels, p->out_zero, p->lo, p->hi);
  int32_t rows = p->rows;
  for (; rows >= 4; rows -= 4, y += 4 * p->channels) {
    uint32_t *end = whole ? tc_put_four(d.column, x, depth, whole) : d.column;
    for (int32_t i = 0; i < 4; ++i, x += depth)
      if (rest) tc_put_word(end + i, tc_word_of_bytes(x + 4 * whole, rest));
    tc_dense_four(&d, y);
  }
  if (rows > 1) {
    for (int32_t i = 0; i < 2; ++i, x += depth) put_pixel(d.column + i * d.steps, x, whole, rest);
    tc_dense_two(&d, y, p->channels);
    y += 2 * p->channels;
  }
  if (rows & 1) {
    put_pixel(d.column, x, whole, rest);
    dense_one(&d, y);
  }
}
