/* Scattering single 8-bit elements. */
#define TC_T uint8_t
#include "tc_scatter_elements_body.h"

void tc_scatter_elements_8(const void *x, const void *indices, const void *updates, void *y,
                            const tc_elements_t *p) {
  tc_scatter_elements_body((const uint8_t *)x, indices, (const uint8_t *)updates, (uint8_t *)y, p);
}
