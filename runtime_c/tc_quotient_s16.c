/* Quotient of int16 tensors, cut towards zero; 0 where the divisor is 0. */
#include "tc_arithmetic.h"
#include "tc_integer.h"
#define TC_T int16_t
#define TC_R int16_t
#define TC_F(a, b) TC_DIV_SIGNED(a, b, int16_t, uint16_t)
#include "tc_binary_body.h"

void tc_quotient_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
