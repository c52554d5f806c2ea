/* float32 depthwise convolution for cores with an FPU, whose result overwrites its operand. */
#define TC_DEPTHWISE_TILE(tile, pixels) tc_tile_depthwise_f32_fpu(tile, pixels)
#include "tc_depthwise_rows_f32.h"

void tc_depthwise_conv2d_inplace_f32_fpu(const float *x, float *y, const float *packed, const tc_conv2d_f32_t *p,
                                         float *scratch, float *saved, int32_t ring_rows) {
  tc_depthwise_body_f32_fpu(x, y, packed, p, scratch, saved, ring_rows);
}
