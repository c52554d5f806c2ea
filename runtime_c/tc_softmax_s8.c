/* int8 Softmax through a table of exponentials: one 32-bit division an element. */
#include "tc_numeric.h"
#include "tc_softmax.h"

/* One row of elements `inner` apart. */
static void row(const int8_t *x, int8_t *y, const uint32_t *terms, const uint32_t *numerators,
                const tc_softmax_s8_t *p) {
  const int32_t step = p->inner, length = p->count * p->inner, zero = p->y_zero;
  const int32_t shift = p->shift;
  int32_t top = x[0];
  uint32_t sum = 0;
  for (int32_t i = step; i < length; i += step) top = tc_max_s32(top, x[i]);
  for (int32_t i = 0; i < length; i += step) sum += terms[top - x[i]];
  for (int32_t i = 0; i < length; i += step) {
    const uint32_t quotient = ((numerators[top - x[i]] << shift) + (sum >> 1)) / sum;
    y[i] = tc_saturate_s8((int32_t)(quotient > 255u ? 255u : quotient) + zero);
  }
}

void tc_softmax_s8(const int8_t *x, int8_t *y, const uint32_t *terms, const uint32_t *numerators,
                   const tc_softmax_s8_t *p) {
  if (p->count == 0) return;
  for (int32_t n = 0; n < p->outer; ++n)
    for (int32_t i = 0; i < p->inner; ++i) {
      const int32_t start = n * p->count * p->inner + i;
      row(x + start, y + start, terms, numerators ? numerators : terms, p);
    }
}
