/* Strided read of 64-bit elements. */
#define TC_T uint64_t
#include "tc_strided_body.h"

void tc_strided_64(const void *x, void *y, const tc_strided_t *p) {
  tc_strided_body((const uint64_t *)x, (uint64_t *)y, p);
}
