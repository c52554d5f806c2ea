/* Layer and root-mean-square normalisation in float32. */
#include "tc_math_round.h"
#include "tc_normalize.h"

/* The mean of a row, or 0 where rows are not centred. */
static float mean_of(const float *x, const tc_normalize_t *p) {
  float sum = 0.0f;
  if (!p->centred) return 0.0f;
  for (int32_t i = 0; i < p->count; ++i) sum += x[i];
  return sum / (float)p->count;
}

static float inverse_deviation(const float *x, float mean, const tc_normalize_t *p) {
  float sum = 0.0f;
  for (int32_t i = 0; i < p->count; ++i) {
    const float d = x[i] - mean;
    sum += d * d;
  }
  return 1.0f / tc_sqrtf(sum / (float)p->count + p->epsilon);
}

void tc_normalize_f32(const float *x, float *y, const float *scale, const float *bias, const tc_normalize_t *p) {
  for (int32_t n = 0; n < p->rows; ++n, x += p->count, y += p->count) {
    const float mean = mean_of(x, p);
    const float factor = inverse_deviation(x, mean, p);
    for (int32_t i = 0; i < p->count; ++i) {
      float value = (x[i] - mean) * factor;
      if (scale) value *= scale[i];
      if (bias) value += bias[i];
      y[i] = value;
    }
  }
}
