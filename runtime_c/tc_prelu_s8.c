/* int8 elements, those below 0 times their slope. */
#include "tc_numeric.h"
#include "tc_prelu.h"
#define TC_T int8_t
#define TC_R int8_t
#define TC_Q tc_prelu_s8_t
#define TC_F(a, b) bend(a, b, &q)

static inline int8_t bend(int32_t a, int32_t b, const tc_prelu_s8_t *q) {
  const int32_t x = a - q->a_zero;
  if (x >= 0) return tc_requantize_s8(x, q->multiplier, q->shift, q->y_zero, -128, 127);
  return tc_requantize_s8(x * (b - q->b_zero), q->slope_multiplier, q->slope_shift, q->y_zero, -128, 127);
}

#include "tc_binary_body.h"

void tc_prelu_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_prelu_s8_t *q) {
  tc_binary_body(a, b, y, p, *q);
}
