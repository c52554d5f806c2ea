/* float32 to uint16. */
#define TC_T uint16_t
#define TC_LO 0
#define TC_HI 65535
#include "tc_quantize_body.h"

void tc_quantize_u16(const float *x, uint16_t *y, const float *scale, const int32_t *zero, const tc_channels_t *p) {
  tc_quantize_body(x, y, scale, zero, p);
}
