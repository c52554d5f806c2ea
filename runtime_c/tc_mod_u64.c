/* Remainders of uint64 elements; 0 where the divisor is 0. */
#include "tc_power.h"
#include "tc_integer.h"
#define TC_T uint64_t
#define TC_R uint64_t
#define TC_F(a, b) TC_REM_UNSIGNED(a, b, uint64_t)
#include "tc_binary_body.h"

void tc_mod_u64(const uint64_t *a, const uint64_t *b, uint64_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
