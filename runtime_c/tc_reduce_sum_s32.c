/* Sums of 32-bit integers, modulo 2^32. */
#define TC_T int32_t
#define TC_ACC uint32_t
#define TC_FIRST 0
#define TC_STEP(acc, v) ((acc) + (uint32_t)(v))
#define TC_FINISH(acc, p) ((int32_t)(acc))
#include "tc_reduce_body.h"

void tc_reduce_sum_s32(const int32_t *x, int32_t *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
