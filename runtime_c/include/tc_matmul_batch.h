/* The batch loop of matrix products. */
#ifndef TC_MATMUL_BATCH_H
#define TC_MATMUL_BATCH_H

#include "tc_matmul.h"

/* One store after another, because compilers turn an initialiser into a call of memset. */
static inline void tc_matmul_start(int32_t *at) { at[0] = at[1] = at[2] = at[3] = 0; }

/* Moves the batch index `at` on, and with it the offsets of both operands; false at the end. */
static inline bool tc_matmul_next(int32_t *at, int32_t *i, int32_t *j, const tc_matmul_t *p) {
  for (int32_t axis = TC_MATMUL_RANK - 1; axis >= 0; --axis) {
    *i += p->a[axis];
    *j += p->b[axis];
    if (++at[axis] < p->size[axis]) return true;
    *i -= p->a[axis] * p->size[axis];
    *j -= p->b[axis] * p->size[axis];
    at[axis] = 0;
  }
  return false;
}

#endif
