/* float32 to bool; NaN is true. */
#include "tc_cast.h"

void tc_cast_f32_bool(const float *x, void *y, int32_t count) {
  uint8_t *out = (uint8_t *)y;
  for (int32_t i = 0; i < count; ++i) out[i] = x[i] != 0.0f;
}
