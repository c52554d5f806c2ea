/* float32 to int8. */
#define TC_T int8_t
#define TC_LO -128
#define TC_HI 127
#include "tc_quantize_body.h"

void tc_quantize_s8(const float *x, int8_t *y, const float *scale, const int32_t *zero, const tc_channels_t *p) {
  tc_quantize_body(x, y, scale, zero, p);
}
