/* Left shifts of 16-bit elements. */
#include "tc_shift.h"
#define TC_T uint16_t
#define TC_R uint16_t
#define TC_F(a, b) ((uint16_t)((b) < 16u ? (uint32_t)(a) << (b) : (uint32_t)0))
#include "tc_binary_body.h"

void tc_shift_left_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body((const uint16_t *)a, (const uint16_t *)b, (uint16_t *)y, p, 0);
}
