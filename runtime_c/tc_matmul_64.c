/* Matrix product of 64-bit integers that stand for themselves. */
#define TC_T uint64_t
#include "tc_matmul_body.h"

void tc_matmul_64(const void *a, const void *b, void *y, const tc_matmul_t *p) {
  tc_matmul_body((const TC_T *)a, (const TC_T *)b, (TC_T *)y, p);
}
