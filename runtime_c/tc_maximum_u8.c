/* The larger of two uint8 elements. */
#include "tc_extremes.h"
#define TC_T uint8_t
#define TC_R uint8_t
#define TC_F(a, b) ((a) > (b) ? (a) : (b))
#include "tc_binary_body.h"

void tc_maximum_u8(const uint8_t *a, const uint8_t *b, uint8_t *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, y, p, 0);
}
