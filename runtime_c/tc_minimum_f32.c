/* The smaller of two float32 elements; NaN if either is NaN. */
#include "tc_extremes.h"
#include "tc_math_round.h"
#define TC_T float
#define TC_R float
#define TC_F(a, b) tc_minf(a, b)
#include "tc_binary_body.h"

void tc_minimum_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
