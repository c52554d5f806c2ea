/* Right shifts of int16 elements. */
#include "tc_shift.h"
#define TC_T int16_t
#define TC_R int16_t
#define TC_F(a, b) ((int16_t)((a) >> ((b) >= 0 && (b) < 16 ? (b) : 15)))
#include "tc_binary_body.h"

void tc_shift_right_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
