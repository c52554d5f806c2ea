/* The float32 walk over rows of `count` elements that stand `inner` apart. */
#include "tc_softmax.h"

static inline float tc_row_max(const float *x, int32_t step, int32_t length) {
  float top = x[0];
  for (int32_t i = step; i < length; i += step) top = x[i] > top ? x[i] : top;
  return top;
}

static inline void tc_softmax_body(const float *x, float *y, const tc_softmax_f32_t *p,
                                   void (*row)(const float *x, float *y, int32_t step, int32_t length)) {
  const int32_t length = p->count * p->inner;
  if (length == 0) return;
  for (int32_t n = 0; n < p->outer; ++n, x += length, y += length)
    for (int32_t i = 0; i < p->inner; ++i) row(x + i, y + i, p->inner, length);
}
