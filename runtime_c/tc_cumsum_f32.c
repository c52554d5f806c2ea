/* Running sums in float32. */
#define TC_T float
#define TC_ADD(a, b) ((a) + (b))
#include "tc_cumsum_body.h"

void tc_cumsum_f32(const float *x, float *y, const tc_cumsum_t *p) { tc_cumsum_body(x, y, p); }
