/* v * min(max(v / 6 + 1/2, 0), 1). */
#include "tc_broadcast.h"
#include "tc_unary.h"
#define TC_F(v) ((v) * tc_clamp_f32((v) * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f))
#include "tc_unary_body.h"

void tc_hard_swish_f32(const float *x, float *y, int32_t count) { tc_unary_body(x, y, count, 0.0f, 0.0f, 0.0f); }
