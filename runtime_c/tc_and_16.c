/* Conjunction of the bits of 16-bit elements. */
#include "tc_compare.h"
#define TC_T uint16_t
#define TC_R uint16_t
#define TC_F(a, b) ((uint16_t)((a) & (b)))
#include "tc_binary_body.h"

void tc_and_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body((const uint16_t *)a, (const uint16_t *)b, (uint16_t *)y, p, 0);
}
