/* Remainders of uint16 elements; 0 where the divisor is 0. */
#include "tc_power.h"
#include "tc_integer.h"
#define TC_T uint16_t
#define TC_R uint16_t
#define TC_F(a, b) TC_REM_UNSIGNED(a, b, uint16_t)
#include "tc_binary_body.h"

void tc_mod_u16(const uint16_t *a, const uint16_t *b, uint16_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
