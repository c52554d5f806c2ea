/* The larger of two uint32 elements. */
#include "tc_extremes.h"
#define TC_T uint32_t
#define TC_R uint32_t
#define TC_F(a, b) ((a) > (b) ? (a) : (b))
#include "tc_binary_body.h"

void tc_maximum_u32(const uint32_t *a, const uint32_t *b, uint32_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
