/* Whether one int64 element is less than the other. */
#include "tc_compare.h"
#define TC_T int64_t
#define TC_R uint8_t
#define TC_F(a, b) ((a) < (b))
#include "tc_binary_body.h"

void tc_less_s64(const int64_t *a, const int64_t *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, (uint8_t *)y, p, 0);
}
