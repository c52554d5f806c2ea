/* Powers of int32 elements, modulo 2^32. */
#include "tc_power.h"
#include "tc_integer_power.h"
#define TC_T int32_t
#define TC_R int32_t
#define TC_F(a, b) ((int32_t)tc_power_s64(a, b))
#include "tc_binary_body.h"

void tc_pow_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
