/* Maximum pooling in float32. */
#include "tc_float_bits.h"
#define TC_T float
#define TC_LOWEST tc_f32_from_bits(0xff800000u) /* minus infinity */
#include "tc_max_pool_body.h"

void tc_max_pool_f32(const float *x, float *y, const tc_pool_t *p) { tc_max_pool_body(x, y, p); }
