/* float32 to int16. */
#define TC_T int16_t
#define TC_LO -32768
#define TC_HI 32767
#include "tc_quantize_body.h"

void tc_quantize_s16(const float *x, int16_t *y, const float *scale, const int32_t *zero, const tc_channels_t *p) {
  tc_quantize_body(x, y, scale, zero, p);
}
