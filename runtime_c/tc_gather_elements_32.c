/* Gathering single 32-bit elements. */
#define TC_T uint32_t
#include "tc_gather_elements_body.h"

void tc_gather_elements_32(const void *x, const void *indices, void *y, const tc_elements_t *p) {
  tc_gather_elements_body((const uint32_t *)x, indices, (uint32_t *)y, p);
}
