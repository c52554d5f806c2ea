/* Whether a float32 is NaN. */
#include "tc_compare.h"

void tc_isnan_f32(const float *x, void *y, int32_t count) {
  uint8_t *out = (uint8_t *)y;
  for (int32_t i = 0; i < count; ++i) out[i] = x[i] != x[i];
}
