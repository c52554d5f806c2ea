/* Whether two 8-bit elements are equal. */
#include "tc_compare.h"
#define TC_T uint8_t
#define TC_R uint8_t
#define TC_F(a, b) ((a) == (b))
#include "tc_binary_body.h"

void tc_equal_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body((const uint8_t *)a, (const uint8_t *)b, (uint8_t *)y, p, 0);
}
