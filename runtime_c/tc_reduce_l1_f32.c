/* Sums of magnitudes in float32. */
#include "tc_float_bits.h"
#define TC_T float
#define TC_ACC float
#define TC_FIRST 0.0f
#define TC_STEP(acc, v) ((acc) + tc_f32_from_bits(tc_f32_to_bits(v) & 0x7fffffffu))
#define TC_FINISH(acc, p) (acc)
#include "tc_reduce_body.h"

void tc_reduce_l1_f32(const float *x, float *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
