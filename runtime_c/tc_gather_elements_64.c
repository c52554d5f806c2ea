/* Gathering single 64-bit elements. */
#define TC_T uint64_t
#include "tc_gather_elements_body.h"

void tc_gather_elements_64(const void *x, const void *indices, void *y, const tc_elements_t *p) {
  tc_gather_elements_body((const uint64_t *)x, indices, (uint64_t *)y, p);
}
