/* Positions of the smallest of signed 8-bit integers. */
#define TC_T int8_t
#define TC_FIRST INT8_MAX
#define TC_BEATS(v, best) ((v) < (best))
#include "tc_arg_body.h"

void tc_arg_min_s8(const int8_t *x, int64_t *y, const tc_arg_t *p) { tc_arg_body(x, y, p); }
