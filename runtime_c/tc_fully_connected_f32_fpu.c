/* float32 rows times constant weights for cores with an FPU: fully connected layers and 1x1 convolutions. */
#include "tc_matmul.h"
#include "tc_tile_f32.h"

void tc_fully_connected_f32_fpu(const float *x, float *y, const float *packed, const tc_fully_connected_f32_t *p) {
  const int32_t depth = p->depth, channels = p->channels, y_step = channels * (int32_t)sizeof(float);
  tc_spot_t spots[TC_TILE_F32_PIXELS];
  tc_tile_f32_t tile = {packed, packed + 4, y, spots, 1, depth, p->lo, p->hi, y_step, TC_TILE_F32_BYTES, 4 + 4 * depth,
                        channels, x, x};
  int32_t rows = p->rows, at = 0;
  for (; rows >= 4; rows -= 4, tile.y += 4 * channels) {
    for (int32_t i = 0; i < 4; ++i, at += depth) spots[i] = tc_spot(x, at);
    tc_tile_four_f32_fpu(&tile);
  }
  for (; rows > 0; --rows, at += depth, tile.y += channels) {
    spots[0] = tc_spot(x, at);
    tc_tile_one_f32_fpu(&tile);
  }
}
