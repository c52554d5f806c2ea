/* Scattering single 32-bit elements. */
#define TC_T uint32_t
#include "tc_scatter_elements_body.h"

void tc_scatter_elements_32(const void *x, const void *indices, const void *updates, void *y,
                            const tc_elements_t *p) {
  tc_scatter_elements_body((const uint32_t *)x, indices, (const uint32_t *)updates, (uint32_t *)y, p);
}
