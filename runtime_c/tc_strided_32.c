/* Strided read of 32-bit elements. */
#define TC_T uint32_t
#include "tc_strided_body.h"

void tc_strided_32(const void *x, void *y, const tc_strided_t *p) {
  tc_strided_body((const uint32_t *)x, (uint32_t *)y, p);
}
