/* The last row of running sums, divided. */
#include "tc_row_sums.h"

void tc_mean_of_sums_f32(const float *x, float *y, int32_t skip, int32_t channels, float count) {
  for (int32_t c = 0; c < channels; ++c) y[c] = x[skip + c] / count;
}
