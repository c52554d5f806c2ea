/* The logarithm of float32 Softmax. */
#include "tc_math_exp.h"
#include "tc_softmax_body.h"

static void row(const float *x, float *y, int32_t step, int32_t length) {
  const float top = tc_row_max(x, step, length);
  float sum = 0.0f;
  for (int32_t i = 0; i < length; i += step) {
    y[i] = x[i] - top;
    sum += tc_exp_below(y[i]);
  }
  const float log_sum = tc_logf(sum);
  for (int32_t i = 0; i < length; i += step) y[i] -= log_sum;
}

void tc_log_softmax_f32(const float *x, float *y, const tc_softmax_f32_t *p) { tc_softmax_body(x, y, p, row); }
