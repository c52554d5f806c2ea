/* Left shifts of 32-bit elements. */
#include "tc_shift.h"
#define TC_T uint32_t
#define TC_R uint32_t
#define TC_F(a, b) ((uint32_t)((b) < 32u ? (uint32_t)(a) << (b) : (uint32_t)0))
#include "tc_binary_body.h"

void tc_shift_left_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body((const uint32_t *)a, (const uint32_t *)b, (uint32_t *)y, p, 0);
}
