/* Maxima in float32. */
#include "tc_float_bits.h"
#define TC_T float
#define TC_ACC float
#define TC_FIRST tc_f32_from_bits(0xff800000u) /* minus infinity */
#define TC_STEP(acc, v) ((v) > (acc) ? (v) : (acc))
#define TC_FINISH(acc, p) (acc)
#include "tc_reduce_body.h"

void tc_reduce_max_f32(const float *x, float *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
