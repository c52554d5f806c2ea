/* Constant padding of 8-bit elements. */
#define TC_T uint8_t
#include "tc_pad_body.h"

void tc_pad_8(const void *x, void *y, const void *value, const tc_pad_t *p) {
  tc_pad_body((const uint8_t *)x, (uint8_t *)y, (const uint8_t *)value, p);
}
