/* Left shifts of 8-bit elements. */
#include "tc_shift.h"
#define TC_T uint8_t
#define TC_R uint8_t
#define TC_F(a, b) ((uint8_t)((b) < 8u ? (uint32_t)(a) << (b) : (uint32_t)0))
#include "tc_binary_body.h"

void tc_shift_left_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body((const uint8_t *)a, (const uint8_t *)b, (uint8_t *)y, p, 0);
}
