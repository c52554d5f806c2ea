/* min(max(a * v + b, 0), 1). */
#include "tc_broadcast.h"
#include "tc_unary.h"
#define TC_F(v) tc_clamp_f32(a * (v) + b, 0.0f, 1.0f)
#include "tc_unary_body.h"

void tc_hard_sigmoid_f32(const float *x, float *y, int32_t count, float a, float b) { tc_unary_body(x, y, count, a, b, 0.0f); }
