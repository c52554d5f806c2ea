/* float32 to s8. */
#include "tc_cast.h"

void tc_cast_f32_s8(const float *x, int8_t *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = TC_CUT(x[i], int8_t, INT8_MIN, INT8_MAX);
}
