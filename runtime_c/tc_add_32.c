/* Sum of 32-bit integers of either sign, modulo 2^32. */
#include "tc_arithmetic.h"
#define TC_T uint32_t
#define TC_R uint32_t
#define TC_F(a, b) ((uint32_t)((uint32_t)(a) + (uint32_t)(b)))
#include "tc_binary_body.h"

void tc_add_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p) {
  tc_binary_body((const uint32_t *)a, (const uint32_t *)b, (uint32_t *)y, p, 0);
}
