/* Positions of the smallest of signed 32-bit integers. */
#define TC_T int32_t
#define TC_FIRST INT32_MAX
#define TC_BEATS(v, best) ((v) < (best))
#include "tc_arg_body.h"

void tc_arg_min_s32(const int32_t *x, int64_t *y, const tc_arg_t *p) { tc_arg_body(x, y, p); }
