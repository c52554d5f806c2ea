/* Constant padding of 32-bit elements. */
#define TC_T uint32_t
#include "tc_pad_body.h"

void tc_pad_32(const void *x, void *y, const void *value, const tc_pad_t *p) {
  tc_pad_body((const uint32_t *)x, (uint32_t *)y, (const uint32_t *)value, p);
}
