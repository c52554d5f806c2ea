/* float32 elements, those below 0 times their slope. */
#include "tc_prelu.h"
#define TC_T float
#define TC_R float
#define TC_F(a, b) ((a) < 0.0f ? (a) * (b) : (a))
#include "tc_binary_body.h"

void tc_prelu_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
