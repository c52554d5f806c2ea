/* Reading 32-bit elements through index tables. */
#define TC_T uint32_t
#include "tc_take_body.h"

void tc_take_32(const void *x, void *y, const int32_t *tables, const tc_take_t *p) {
  tc_take_body((const uint32_t *)x, (uint32_t *)y, tables, p);
}
