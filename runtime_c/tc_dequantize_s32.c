/* int32 to float32. */
#define TC_T int32_t
#include "tc_dequantize_body.h"

void tc_dequantize_s32(const int32_t *x, float *y, const float *scale, const int32_t *zero, const tc_channels_t *p) {
  tc_dequantize_body(x, y, scale, zero, p);
}
