/* Maximum pooling of signed 8-bit elements. */
#define TC_T int8_t
#define TC_LOWEST INT8_MIN
#include "tc_max_pool_body.h"

void tc_max_pool_s8(const int8_t *x, int8_t *y, const tc_pool_t *p) { tc_max_pool_body(x, y, p); }
