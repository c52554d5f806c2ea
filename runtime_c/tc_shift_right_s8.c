/* Right shifts of int8 elements. */
#include "tc_shift.h"
#define TC_T int8_t
#define TC_R int8_t
#define TC_F(a, b) ((int8_t)((a) >> ((b) >= 0 && (b) < 8 ? (b) : 7)))
#include "tc_binary_body.h"

void tc_shift_right_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
