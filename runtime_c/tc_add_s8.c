/* Sum (or, with a negative multiplier, difference) of int8 tensors, rescaled with one shift. */
#include "tc_arithmetic.h"
#include "tc_numeric.h"
#define TC_T int8_t
#define TC_R int8_t
#define TC_Q tc_add_s8_t
#define TC_F(a, b) add(a, b, &q)

static inline int8_t add(int32_t a, int32_t b, const tc_add_s8_t *q) {
  const int32_t total = (a * q->a_multiplier + b * q->b_multiplier + q->offset) >> q->shift;
  return (int8_t)tc_clamp_s32(total + q->y_zero, q->lo, q->hi);
}

#include "tc_binary_body.h"

void tc_add_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_add_s8_t *q) {
  tc_binary_body(a, b, y, p, *q);
}
