/* The smaller of two int8 elements. */
#include "tc_extremes.h"
#define TC_T int8_t
#define TC_R int8_t
#define TC_F(a, b) ((a) < (b) ? (a) : (b))
#include "tc_binary_body.h"

void tc_minimum_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
