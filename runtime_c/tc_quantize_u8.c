/* float32 to uint8. */
#define TC_T uint8_t
#define TC_LO 0
#define TC_HI 255
#include "tc_quantize_body.h"

void tc_quantize_u8(const float *x, uint8_t *y, const float *scale, const int32_t *zero, const tc_channels_t *p) {
  tc_quantize_body(x, y, scale, zero, p);
}
