/* Magnitude. */
#include "tc_float_bits.h"
#include "tc_unary.h"
#define TC_F(v) tc_fabsf(v)
#include "tc_unary_body.h"

void tc_abs_f32(const float *x, float *y, int32_t count) { tc_unary_body(x, y, count, 0.0f, 0.0f, 0.0f); }
