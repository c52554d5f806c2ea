/* int8 to float32. */
#define TC_T int8_t
#include "tc_dequantize_body.h"

void tc_dequantize_s8(const int8_t *x, float *y, const float *scale, const int32_t *zero, const tc_channels_t *p) {
  tc_dequantize_body(x, y, scale, zero, p);
}
