/* The smaller of two uint16 elements. */
#include "tc_extremes.h"
#define TC_T uint16_t
#define TC_R uint16_t
#define TC_F(a, b) ((a) < (b) ? (a) : (b))
#include "tc_binary_body.h"

void tc_minimum_u16(const uint16_t *a, const uint16_t *b, uint16_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
