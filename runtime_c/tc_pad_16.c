/* Constant padding of 16-bit elements. */
#define TC_T uint16_t
#include "tc_pad_body.h"

void tc_pad_16(const void *x, void *y, const void *value, const tc_pad_t *p) {
  tc_pad_body((const uint16_t *)x, (uint16_t *)y, (const uint16_t *)value, p);
}
