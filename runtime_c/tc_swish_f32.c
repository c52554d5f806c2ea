/* v * sigmoid(a * v). */
#include "tc_math_activation.h"
#include "tc_unary.h"
#define TC_F(v) ((v) * tc_sigmoidf(a * (v)))
#include "tc_unary_body.h"

void tc_swish_f32(const float *x, float *y, int32_t count, float a) { tc_unary_body(x, y, count, a, 0.0f, 0.0f); }
