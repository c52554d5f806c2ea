/* v, and a * v below 0. */
#include "tc_unary.h"
#define TC_F(v) ((v) < 0.0f ? a * (v) : (v))
#include "tc_unary_body.h"

void tc_leaky_relu_f32(const float *x, float *y, int32_t count, float a) { tc_unary_body(x, y, count, a, 0.0f, 0.0f); }
