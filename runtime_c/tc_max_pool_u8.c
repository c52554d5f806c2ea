/* Maximum pooling of unsigned 8-bit elements. */
#define TC_T uint8_t
#define TC_LOWEST 0
#include "tc_max_pool_body.h"

void tc_max_pool_u8(const uint8_t *x, uint8_t *y, const tc_pool_t *p) { tc_max_pool_body(x, y, p); }
