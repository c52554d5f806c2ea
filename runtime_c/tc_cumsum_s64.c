/* Running sums of 64-bit integers, modulo 2^64. */
#define TC_T int64_t
#define TC_ADD(a, b) ((int64_t)((uint64_t)(a) + (uint64_t)(b)))
#include "tc_cumsum_body.h"

void tc_cumsum_s64(const int64_t *x, int64_t *y, const tc_cumsum_t *p) { tc_cumsum_body(x, y, p); }
