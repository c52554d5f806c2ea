/* float32 to s32. */
#include "tc_cast.h"

void tc_cast_f32_s32(const float *x, int32_t *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = TC_CUT(x[i], int32_t, INT32_MIN, INT32_MAX);
}
