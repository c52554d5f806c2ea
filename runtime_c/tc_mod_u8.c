/* Remainders of uint8 elements; 0 where the divisor is 0. */
#include "tc_power.h"
#include "tc_integer.h"
#define TC_T uint8_t
#define TC_R uint8_t
#define TC_F(a, b) TC_REM_UNSIGNED(a, b, uint8_t)
#include "tc_binary_body.h"

void tc_mod_u8(const uint8_t *a, const uint8_t *b, uint8_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
