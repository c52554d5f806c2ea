/* float32 to u32. */
#include "tc_cast.h"

void tc_cast_f32_u32(const float *x, uint32_t *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = TC_CUT(x[i], uint32_t, 0, UINT32_MAX);
}
