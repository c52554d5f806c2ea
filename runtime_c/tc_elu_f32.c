/* b * v, and a * (exp(v / c) - 1) below 0. */
#include "tc_math_exp.h"
#include "tc_unary.h"
#define TC_F(v) ((v) < 0.0f ? a * tc_expm1f((v) / c) : b * (v))
#include "tc_unary_body.h"

void tc_elu_f32(const float *x, float *y, int32_t count, float a, float b, float c) {
  tc_unary_body(x, y, count, a, b, c);
}
