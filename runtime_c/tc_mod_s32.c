/* Remainders of int32 elements with the sign of the divisor; 0 where the divisor is 0. */
#include "tc_power.h"
#include "tc_integer.h"
#define TC_T int32_t
#define TC_R int32_t
#define TC_F(a, b) TC_MOD_SIGNED(a, b, int32_t)
#include "tc_binary_body.h"

void tc_mod_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
