/* The last row of running sums, rescaled once. */
#include "tc_numeric.h"
#include "tc_row_sums.h"

void tc_mean_of_sums_s8(const int32_t *x, int8_t *y, const tc_mean_of_sums_t *p) {
  for (int32_t c = 0; c < p->channels; ++c)
    y[c] = tc_requantize_away_s8(x[p->skip + c], p->multiplier, p->shift, p->zero, -128, 127);
}
