/* Running sums of 32-bit integers, modulo 2^32. */
#define TC_T int32_t
#define TC_ADD(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
#include "tc_cumsum_body.h"

void tc_cumsum_s32(const int32_t *x, int32_t *y, const tc_cumsum_t *p) { tc_cumsum_body(x, y, p); }
