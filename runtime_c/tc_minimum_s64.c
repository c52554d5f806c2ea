/* The smaller of two int64 elements. */
#include "tc_extremes.h"
#define TC_T int64_t
#define TC_R int64_t
#define TC_F(a, b) ((a) < (b) ? (a) : (b))
#include "tc_binary_body.h"

void tc_minimum_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
