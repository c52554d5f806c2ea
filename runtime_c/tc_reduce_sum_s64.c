/* Sums of 64-bit integers, modulo 2^64. */
#define TC_T int64_t
#define TC_ACC uint64_t
#define TC_FIRST 0
#define TC_STEP(acc, v) ((acc) + (uint64_t)(v))
#define TC_FINISH(acc, p) ((int64_t)(acc))
#include "tc_reduce_body.h"

void tc_reduce_sum_s64(const int64_t *x, int64_t *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
