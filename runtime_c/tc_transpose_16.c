/* Transpose of 16-bit elements. */
#define TC_T uint16_t
#include "tc_transpose_body.h"

void tc_transpose_16(const void *x, void *y, const tc_transpose_t *p) {
  tc_transpose_body((const uint16_t *)x, (uint16_t *)y, p);
}
