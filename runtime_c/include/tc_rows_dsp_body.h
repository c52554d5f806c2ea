/* Fully connected layers row by row, in blocks of four channels. With TC_EIGHTS_TILE(tile) defined, in blocks of eight as
 * far as there are so many. */
#include "tc_numeric.h"
#include "tc_packed_dsp.h"
#include "tc_tile_dsp.h"

static inline void row_products(const int8_t *x, int8_t *y, const int32_t *packed, const tc_fully_connected_s8_t *p) {
  const int32_t channels = p->channels, steps = (p->depth + 3) >> 2, each = steps + 3; /* words a channel */
  tc_tile_t tile;
  int8_t *rest = y + (channels & ~3);
  tile.packed = packed;
  tile.column = x;
  tile.column_end = x + 4 * steps;
  tile.y = y;
  tile.y_step = 0;
  tile.zero = 2 * p->out_zero + 1;
#ifdef TC_EIGHTS_TILE
  if (channels >= 8) {
    tile.end = packed + (channels & ~7) * each;
    TC_EIGHTS_TILE(&tile);
    tile.packed = tile.end;
    tile.y += channels & ~7;
  }
#endif
  tile.end = packed + (channels & ~3) * each;
  if (tile.packed != tile.end) tc_tile_row_s8_dsp(&tile);
  if (channels & 3) { /* a block that is filled up gives results of which some go nowhere */
    int8_t last[4];
    tile.packed = tile.end;
    tile.end += 4 * each;
    tile.y = last;
    tc_tile_row_s8_dsp(&tile);
    if (channels & 2) TC_MEMCPY(rest, last, 2);
    if (channels & 1) rest[(channels & 3) - 1] = last[(channels & 3) - 1];
  }
}

static inline void rows(const int8_t *x, int8_t *y, const int32_t *packed, const tc_fully_connected_s8_t *p,
                        int32_t *scratch) {
  const int32_t depth = p->depth, padded = (depth + 3) & ~3;
  for (int32_t row = 0; row < p->rows; ++row, x += depth, y += p->channels) {
    const int8_t *from = x;
    if (depth & 3) {
      int8_t *copy = (int8_t *)scratch;
      for (int32_t k = 0; k < padded; ++k) copy[k] = k < depth ? x[k] : 0;
      from = copy;
    }
    row_products(from, y, packed, p);
    if (p->lo > -128 || p->hi < 127)
      for (int32_t c = 0; c < p->channels; ++c) y[c] = (int8_t)tc_clamp_s32(y[c], p->lo, p->hi);
  }
}
