/* Minima of unsigned 8-bit integers. */
#define TC_T uint8_t
#define TC_ACC uint8_t
#define TC_FIRST UINT8_MAX
#define TC_STEP(acc, v) ((v) < (acc) ? (v) : (acc))
#define TC_FINISH(acc, p) (acc)
#include "tc_reduce_body.h"

void tc_reduce_min_u8(const uint8_t *x, uint8_t *y, const tc_reduce_t *p) { tc_reduce_body(x, y, p); }
