/* Whether one uint64 element is at most the other. */
#include "tc_compare.h"
#define TC_T uint64_t
#define TC_R uint8_t
#define TC_F(a, b) ((a) <= (b))
#include "tc_binary_body.h"

void tc_less_equal_u64(const uint64_t *a, const uint64_t *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, (uint8_t *)y, p, 0);
}
