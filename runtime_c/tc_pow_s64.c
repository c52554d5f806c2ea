/* Powers of int64 elements, modulo 2^64. */
#include "tc_power.h"
#include "tc_integer_power.h"
#define TC_T int64_t
#define TC_R int64_t
#define TC_F(a, b) tc_power_s64(a, b)
#include "tc_binary_body.h"

void tc_pow_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
