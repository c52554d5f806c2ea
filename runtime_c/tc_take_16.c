/* Reading 16-bit elements through index tables. */
#define TC_T uint16_t
#include "tc_take_body.h"

void tc_take_16(const void *x, void *y, const int32_t *tables, const tc_take_t *p) {
  tc_take_body((const uint16_t *)x, (uint16_t *)y, tables, p);
}
