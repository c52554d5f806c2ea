/* Constant padding of 64-bit elements. */
#define TC_T uint64_t
#include "tc_pad_body.h"

void tc_pad_64(const void *x, void *y, const void *value, const tc_pad_t *p) {
  tc_pad_body((const uint64_t *)x, (uint64_t *)y, (const uint64_t *)value, p);
}
