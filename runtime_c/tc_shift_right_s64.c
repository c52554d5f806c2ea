/* Right shifts of int64 elements. */
#include "tc_shift.h"
#define TC_T int64_t
#define TC_R int64_t
#define TC_F(a, b) ((int64_t)((a) >> ((b) >= 0 && (b) < 64 ? (b) : 63)))
#include "tc_binary_body.h"

void tc_shift_right_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
