/* Maxima of signed 8-bit integers. */
#define TC_T int8_t
#define TC_ACC int8_t
#define TC_FIRST INT8_MIN
#define TC_STEP(acc, v) ((v) > (acc) ? (v) : (acc))
#define TC_FINISH(acc, p) (acc)
#include "tc_reduce_body.h"

void tc_reduce_max_s8(const int8_t *x, int8_t *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
