/* float32 to s64. */
#include "tc_cast.h"

void tc_cast_f32_s64(const float *x, int64_t *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = TC_CUT(x[i], int64_t, INT64_MIN, INT64_MAX);
}
