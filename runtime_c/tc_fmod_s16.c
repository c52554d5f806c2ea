/* Remainders of int16 elements with the sign of the dividend; 0 where the divisor is 0. */
#include "tc_power.h"
#include "tc_integer.h"
#define TC_T int16_t
#define TC_R int16_t
#define TC_F(a, b) TC_REM_SIGNED(a, b, int16_t)
#include "tc_binary_body.h"

void tc_fmod_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
