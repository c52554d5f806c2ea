/* Minima of signed 64-bit integers. */
#define TC_T int64_t
#define TC_ACC int64_t
#define TC_FIRST INT64_MAX
#define TC_STEP(acc, v) ((v) < (acc) ? (v) : (acc))
#define TC_FINISH(acc, p) (acc)
#include "tc_reduce_body.h"

void tc_reduce_min_s64(const int64_t *x, int64_t *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
