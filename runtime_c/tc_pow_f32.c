/* Powers of float32 elements. */
#include "tc_power.h"
#include "tc_math_pow.h"
#define TC_T float
#define TC_R float
#define TC_F(a, b) tc_powf(a, b)
#include "tc_binary_body.h"

void tc_pow_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
