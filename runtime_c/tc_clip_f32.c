/* min(max(v, a), b). */
#include "tc_broadcast.h"
#include "tc_unary.h"
#define TC_F(v) tc_clamp_f32(v, a, b)
#include "tc_unary_body.h"

void tc_clip_f32(const float *x, float *y, int32_t count, float a, float b) { tc_unary_body(x, y, count, a, b, 0.0f); }
