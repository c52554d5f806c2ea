/* Any int8 convolution with constant filters whose sums need 32 bits. */
#define TC_FLIP 0u
#define TC_PAIR_TILE(tile) tc_tile_wide_s8_dsp(tile)
#include "tc_conv_dsp_body.h"

void tc_conv2d_wide_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                           int32_t *scratch) {
  conv(x, y, packed, p, scratch);
}
