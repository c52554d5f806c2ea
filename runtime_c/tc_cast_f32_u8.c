/* float32 to u8. */
#include "tc_cast.h"

void tc_cast_f32_u8(const float *x, uint8_t *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = TC_CUT(x[i], uint8_t, 0, UINT8_MAX);
}
