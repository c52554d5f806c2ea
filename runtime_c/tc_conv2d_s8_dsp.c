/* Any int8 convolution with constant filters, four pixels at a time. */
#define TC_PAIR_TILE(tile) tc_tile_two_s8_dsp(tile)
#include "tc_dense_four_dsp.h"
#include "tc_conv_dsp_body.h"

void tc_conv2d_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p, int32_t *scratch) {
  conv(x, y, packed, p, scratch);
}
