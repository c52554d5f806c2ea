/* The nearest integer, half to even. */
#include "tc_math_round.h"
#include "tc_unary.h"
#define TC_F(v) tc_roundf(v)
#include "tc_unary_body.h"

void tc_round_f32(const float *x, float *y, int32_t count) { tc_unary_body(x, y, count, 0.0f, 0.0f, 0.0f); }
