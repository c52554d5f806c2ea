/* Matrix product of 32-bit integers that stand for themselves. */
#define TC_T uint32_t
#include "tc_matmul_body.h"

void tc_matmul_32(const void *a, const void *b, void *y, const tc_matmul_t *p) {
  tc_matmul_body((const TC_T *)a, (const TC_T *)b, (TC_T *)y, p);
}
