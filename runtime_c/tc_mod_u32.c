/* Remainders of uint32 elements; 0 where the divisor is 0. */
#include "tc_power.h"
#include "tc_integer.h"
#define TC_T uint32_t
#define TC_R uint32_t
#define TC_F(a, b) TC_REM_UNSIGNED(a, b, uint32_t)
#include "tc_binary_body.h"

void tc_mod_u32(const uint32_t *a, const uint32_t *b, uint32_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
