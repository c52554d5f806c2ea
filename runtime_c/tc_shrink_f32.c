/* v - b above a, v + b below -a, else 0. */
#include "tc_unary.h"
#define TC_F(v) ((v) > a ? (v) - b : (v) < -a ? (v) + b : 0.0f)
#include "tc_unary_body.h"

void tc_shrink_f32(const float *x, float *y, int32_t count, float a, float b) { tc_unary_body(x, y, count, a, b, 0.0f); }
