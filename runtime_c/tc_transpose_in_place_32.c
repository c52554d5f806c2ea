/* Transpose of a matrix of 32-bit elements in its own place, cycle by cycle. */
#define TC_T uint32_t
#include "tc_transpose_in_place_body.h"

void tc_transpose_in_place_32(const void *x, void *y, const int32_t *first, const tc_cycles_t *p) {
  (void)x;
  tc_transpose_in_place_body((uint32_t *)y, first, p);
}
