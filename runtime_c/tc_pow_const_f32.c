/* v to the power a. */
#include "tc_math_pow.h"
#include "tc_unary.h"
#define TC_F(v) tc_powf(v, a)
#include "tc_unary_body.h"

void tc_pow_const_f32(const float *x, float *y, int32_t count, float a) { tc_unary_body(x, y, count, a, 0.0f, 0.0f); }
