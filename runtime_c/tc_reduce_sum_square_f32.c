/* Sums of squares in float32. */
#define TC_T float
#define TC_ACC float
#define TC_FIRST 0.0f
#define TC_STEP(acc, v) ((acc) + (v) * (v))
#define TC_FINISH(acc, p) (acc)
#include "tc_reduce_body.h"

void tc_reduce_sum_square_f32(const float *x, float *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
