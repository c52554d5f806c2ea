/* Strided read of 16-bit elements. */
#define TC_T uint16_t
#include "tc_strided_body.h"

void tc_strided_16(const void *x, void *y, const tc_strided_t *p) {
  tc_strided_body((const uint16_t *)x, (uint16_t *)y, p);
}
