/* Gathering single 8-bit elements. */
#define TC_T uint8_t
#include "tc_gather_elements_body.h"

void tc_gather_elements_8(const void *x, const void *indices, void *y, const tc_elements_t *p) {
  tc_gather_elements_body((const uint8_t *)x, indices, (uint8_t *)y, p);
}
