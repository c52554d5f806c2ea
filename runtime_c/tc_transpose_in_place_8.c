/* Transpose of a matrix of 8-bit elements in its own place, cycle by cycle. */
#define TC_T uint8_t
#include "tc_transpose_in_place_body.h"

void tc_transpose_in_place_8(const void *x, void *y, const int32_t *first, const tc_cycles_t *p) {
  (void)x;
  tc_transpose_in_place_body((uint8_t *)y, first, p);
}
