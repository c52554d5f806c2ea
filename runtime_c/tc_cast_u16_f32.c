/* u16 to float32. */
#include "tc_cast.h"

void tc_cast_u16_f32(const uint16_t *x, float *y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = (float)x[i];
}
