/* Sums and means in int8: exact int32 sums, rescaled once. */
#include "tc_numeric.h"
#define TC_T int8_t
#define TC_ACC int32_t
#define TC_FIRST 0
#define TC_STEP(acc, v) ((acc) + (v))
#define TC_FINISH(acc, p) \
  tc_requantize_away_s8((acc) - (p)->count * (p)->in_zero, (p)->multiplier, (p)->shift, (p)->out_zero, -128, \
                        127)
#include "tc_reduce_body.h"

void tc_reduce_sum_s8(const int8_t *x, int8_t *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
