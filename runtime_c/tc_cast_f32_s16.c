/* float32 to s16. */
#include "tc_cast.h"

void tc_cast_f32_s16(const float *x, int16_t *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = TC_CUT(x[i], int16_t, INT16_MIN, INT16_MAX);
}
