/* int8 1x1 convolutions of stride 1: four pixels at a time become a column, which then meets all filters. */
#define TC_PAIR_TILE(tile) tc_tile_two_s8_dsp(tile)
#include "tc_dense_four_dsp.h"
#include "tc_packed_dsp.h"

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
  for (; rows > 0; rows -= 2, y += 2 * p->channels) {
    const int32_t next = rows > 1 ? depth : 0;
    for (int32_t i = 0; i < 2; ++i, x += next) {
      uint32_t *column = d.column + i * d.steps;
      tc_put_one_of_two(column, x, whole);
      if (rest) column[whole] = tc_word_of_bytes(x + 4 * whole, rest) ^ TC_FLIP;
    }
    tc_dense_two(&d, y, next ? p->channels : 0);
  }
}
