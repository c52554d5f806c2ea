/* Strided read of 8-bit elements. */
#define TC_T uint8_t
#include "tc_strided_body.h"

void tc_strided_8(const void *x, void *y, const tc_strided_t *p) {
  tc_strided_body((const uint8_t *)x, (uint8_t *)y, p);
}
