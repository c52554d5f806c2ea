/* Scattering single 16-bit elements. */
#define TC_T uint16_t
#include "tc_scatter_elements_body.h"

void tc_scatter_elements_16(const void *x, const void *indices, const void *updates, void *y,
                            const tc_elements_t *p) {
  tc_scatter_elements_body((const uint16_t *)x, indices, (const uint16_t *)updates, (uint16_t *)y, p);
}
