/* Whether one float32 element is less than the other. */
#include "tc_compare.h"
#define TC_T float
#define TC_R uint8_t
#define TC_F(a, b) ((a) < (b))
#include "tc_binary_body.h"

void tc_less_f32(const float *a, const float *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body(a, b, (uint8_t *)y, p, 0);
}
