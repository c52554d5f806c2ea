/* bool to float32. */
#include "tc_cast.h"

void tc_cast_bool_f32(const void *x, float *y, int32_t count) {
  const uint8_t *in = (const uint8_t *)x;
  for (int32_t i = 0; i < count; ++i) y[i] = in[i] ? 1.0f : 0.0f;
}
