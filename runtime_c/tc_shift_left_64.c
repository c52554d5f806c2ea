/* Left shifts of 64-bit elements. */
#include "tc_shift.h"
#define TC_T uint64_t
#define TC_R uint64_t
#define TC_F(a, b) ((uint64_t)((b) < 64u ? (uint64_t)(a) << (b) : (uint64_t)0))
#include "tc_binary_body.h"

void tc_shift_left_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body((const uint64_t *)a, (const uint64_t *)b, (uint64_t *)y, p, 0);
}
