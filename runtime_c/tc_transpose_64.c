/* Transpose of 64-bit elements. */
#define TC_T uint64_t
#include "tc_transpose_body.h"

void tc_transpose_64(const void *x, void *y, const tc_transpose_t *p) {
  tc_transpose_body((const uint64_t *)x, (uint64_t *)y, p);
}
