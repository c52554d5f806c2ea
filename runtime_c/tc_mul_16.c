/* Product of 16-bit integers of either sign, modulo 2^16. */
#include "tc_arithmetic.h"
#define TC_T uint16_t
#define TC_R uint16_t
#define TC_F(a, b) ((uint16_t)((uint32_t)(a) * (uint32_t)(b)))
#include "tc_binary_body.h"

void tc_mul_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body((const uint16_t *)a, (const uint16_t *)b, (uint16_t *)y, p, 0);
}
