/* Local response normalisation in float32. */
#include "tc_math_pow.h"
#include "tc_normalize.h"

void tc_lrn_f32(const float *x, float *y, const tc_lrn_t *p) {
  for (int32_t n = 0; n < p->rows; ++n, x += p->channels)
    for (int32_t c = 0; c < p->channels; ++c) {
      const int32_t first = tc_max_s32(0, c - p->before);
      const int32_t last = tc_min_s32(p->channels - 1, c + p->after);
      float sum = 0.0f;
      for (int32_t i = first; i <= last; ++i) sum += x[i] * x[i];
      *y++ = x[c] / tc_powf(p->bias + p->step * sum, p->beta);
    }
}
