/* The smaller of two int32 elements. */
#include "tc_extremes.h"
#define TC_T int32_t
#define TC_R int32_t
#define TC_F(a, b) ((a) < (b) ? (a) : (b))
#include "tc_binary_body.h"

void tc_minimum_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
