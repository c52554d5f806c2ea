/* Scattering single 64-bit elements. */
#define TC_T uint64_t
#include "tc_scatter_elements_body.h"

void tc_scatter_elements_64(const void *x, const void *indices, const void *updates, void *y,
                            const tc_elements_t *p) {
  tc_scatter_elements_body((const uint64_t *)x, indices, (const uint64_t *)updates, (uint64_t *)y, p);
}
