/* float32 to u16. */
#include "tc_cast.h"

void tc_cast_f32_u16(const float *x, uint16_t *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = TC_CUT(x[i], uint16_t, 0, UINT16_MAX);
}
