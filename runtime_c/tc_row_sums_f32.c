/* Row r of y: the sums of all rows of x up to r, per channel. */
#include "tc_row_sums.h"

void tc_row_sums_f32(const float *x, float *y, const tc_row_sums_t *p) {
  for (int32_t row = 0; row < p->rows; ++row, y += p->channels) {
    if (row > 0)
      for (int32_t c = 0; c < p->channels; ++c) y[c] = y[c - p->channels];
    else if (!p->carried)
      for (int32_t c = 0; c < p->channels; ++c) y[c] = 0;
    for (int32_t i = 0; i < p->width; ++i, x += p->channels)
      for (int32_t c = 0; c < p->channels; ++c) y[c] += x[c];
  }
}
