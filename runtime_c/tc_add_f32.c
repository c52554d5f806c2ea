/* Sum of float32 tensors, clamped. */
#include "tc_arithmetic.h"
#define TC_T float
#define TC_R float
#define TC_Q tc_range_f32_t
#define TC_F(a, b) tc_clamp_f32((a) + (b), q.lo, q.hi)
#include "tc_binary_body.h"

void tc_add_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p, const tc_range_f32_t *q) {
  tc_binary_body(a, b, y, p, *q);
}
