/* Product of int8 tensors. */
#include "tc_arithmetic.h"
#include "tc_numeric.h"
#define TC_T int8_t
#define TC_R int8_t
#define TC_Q tc_mul_s8_t
#define TC_F(a, b) \
  tc_requantize_s8(((a) - q.a_zero) * ((b) - q.b_zero), q.multiplier, q.shift, q.y_zero, q.lo, q.hi)
#include "tc_binary_body.h"

void tc_mul_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_mul_s8_t *q) {
  tc_binary_body(a, b, y, p, *q);
}
