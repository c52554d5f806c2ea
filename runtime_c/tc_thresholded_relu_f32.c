/* v above a, else 0. */
#include "tc_unary.h"
#define TC_F(v) ((v) > a ? (v) : 0.0f)
#include "tc_unary_body.h"

void tc_thresholded_relu_f32(const float *x, float *y, int32_t count, float a) {
  tc_unary_body(x, y, count, a, 0.0f, 0.0f);
}
