/* Reading 8-bit elements through index tables. */
#define TC_T uint8_t
#include "tc_take_body.h"

void tc_take_8(const void *x, void *y, const int32_t *tables, const tc_take_t *p) {
  tc_take_body((const uint8_t *)x, (uint8_t *)y, tables, p);
}
