/* Remainders of float32 elements with the sign of the divisor, also when they are zero. */
#include "tc_math_round.h"
#include "tc_power.h"
#define TC_T float
#define TC_R float
#define TC_F(a, b) floored(a, b)

static inline float floored(float a, float b) {
  const float rest = tc_fmodf(a, b);
  if (rest == 0.0f) return tc_signed(0.0f, tc_sign_of(b));
  return (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}

#include "tc_binary_body.h"

void tc_mod_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
