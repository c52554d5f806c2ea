/* float32 to u64. */
#include "tc_cast.h"

void tc_cast_f32_u64(const float *x, uint64_t *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = TC_CUT(x[i], uint64_t, 0, UINT64_MAX);
}
