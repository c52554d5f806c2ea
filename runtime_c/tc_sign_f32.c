/* 1, -1, or a zero or NaN as it is. */
#include "tc_float_bits.h"
#include "tc_unary.h"
#define TC_F(v) ((v) > 0.0f ? 1.0f : (v) < 0.0f ? -1.0f : (v))
#include "tc_unary_body.h"

void tc_sign_f32(const float *x, float *y, int32_t count) { tc_unary_body(x, y, count, 0.0f, 0.0f, 0.0f); }
