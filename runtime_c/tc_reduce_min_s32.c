/* Minima of signed 32-bit integers. */
#define TC_T int32_t
#define TC_ACC int32_t
#define TC_FIRST INT32_MAX
#define TC_STEP(acc, v) ((v) < (acc) ? (v) : (acc))
#define TC_FINISH(acc, p) (acc)
#include "tc_reduce_body.h"

void tc_reduce_min_s32(const int32_t *x, int32_t *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
