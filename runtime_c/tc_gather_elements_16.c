/* Gathering single 16-bit elements. */
#define TC_T uint16_t
#include "tc_gather_elements_body.h"

void tc_gather_elements_16(const void *x, const void *indices, void *y, const tc_elements_t *p) {
  tc_gather_elements_body((const uint16_t *)x, indices, (uint16_t *)y, p);
}
