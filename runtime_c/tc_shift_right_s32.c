/* Right shifts of int32 elements. */
#include "tc_shift.h"
#define TC_T int32_t
#define TC_R int32_t
#define TC_F(a, b) ((int32_t)((a) >> ((b) >= 0 && (b) < 32 ? (b) : 31)))
#include "tc_binary_body.h"

void tc_shift_right_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
