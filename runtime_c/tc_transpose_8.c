/* Transpose of 8-bit elements. */
#define TC_T uint8_t
#include "tc_transpose_body.h"

void tc_transpose_8(const void *x, void *y, const tc_transpose_t *p) {
  tc_transpose_body((const uint8_t *)x, (uint8_t *)y, p);
}
