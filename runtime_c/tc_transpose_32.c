/* Transpose of 32-bit elements. */
#define TC_T uint32_t
#include "tc_transpose_body.h"

void tc_transpose_32(const void *x, void *y, const tc_transpose_t *p) {
  tc_transpose_body((const uint32_t *)x, (uint32_t *)y, p);
}
