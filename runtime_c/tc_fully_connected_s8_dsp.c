/* int8 fully connected layers: four filters at a time meet a row. */
#include "tc_packed_dsp.h"
#include "tc_numeric.h"
#include "tc_tile_dsp.h"

void tc_fully_connected_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_fully_connected_s8_t *p,
                               int32_t *scratch) {
  const int32_t depth = p->depth, channels = p->channels, steps = (depth + 3) >> 2, block = 4 * steps + 12;
  const int32_t full = channels & ~3;
  for (int32_t row = 0; row < p->rows; ++row, x += depth, y += channels) {
    const int8_t *from = x;
    tc_tile_t tile;
    if (depth & 3) {
      int8_t *padded = (int8_t *)scratch;
      for (int32_t k = 0; k < 4 * steps; ++k) padded[k] = k < depth ? x[k] : 0;
      from = padded;
    }
    tile.packed = packed;
    tile.column = from;
    tile.column_end = from + 4 * steps;
    tile.y = y;
    tile.y_step = 0;
    tile.zero = 2 * p->out_zero + 1;
    tile.end = packed + (full >> 2) * block;
    if (full) tc_tile_row_s8_dsp(&tile);
    if (full != channels) { /* a block that is filled up gives results of which some go nowhere */
      int8_t last[4];
      tile.packed = tile.end;
      tile.end += block;
      tile.y = last;
      tc_tile_row_s8_dsp(&tile);
      if (channels & 2) TC_MEMCPY(y + full, last, 2);
      if (channels & 1) y[channels - 1] = last[(channels - 1) & 3];
    }
    if (p->lo > -128 || p->hi < 127)
      for (int32_t c = 0; c < channels; ++c) y[c] = (int8_t)tc_clamp_s32(y[c], p->lo, p->hi);
  }
}
