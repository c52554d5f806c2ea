/* Quotient of int64 tensors, cut towards zero; 0 where the divisor is 0. */
#include "tc_arithmetic.h"
#include "tc_integer.h"
#define TC_T int64_t
#define TC_R int64_t
#define TC_F(a, b) TC_DIV_SIGNED(a, b, int64_t, uint64_t)
#include "tc_binary_body.h"

void tc_quotient_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
