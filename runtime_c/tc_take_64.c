/* Reading 64-bit elements through index tables. */
#define TC_T uint64_t
#include "tc_take_body.h"

void tc_take_64(const void *x, void *y, const int32_t *tables, const tc_take_t *p) {
  tc_take_body((const uint64_t *)x, (uint64_t *)y, tables, p);
}
