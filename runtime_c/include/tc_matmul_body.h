/* Matrix product of unsigned integers, modulo 2^bits; TC_T is the type. */
#include "tc_matmul_batch.h"

static inline void tc_matmul_body(const TC_T *a, const TC_T *b, TC_T *y, const tc_matmul_t *p) {
  int32_t at[TC_MATMUL_RANK], i = 0, j = 0;
  tc_matmul_start(at);
  do
    for (int32_t r = 0; r < p->rows; ++r)
      for (int32_t c = 0; c < p->columns; ++c) {
        const TC_T *row = a + i + r * p->depth, *column = b + j + c;
        TC_T acc = 0;
        for (int32_t k = 0; k < p->depth; ++k, column += p->columns) acc += row[k] * *column;
        *y++ = acc;
      }
  while (tc_matmul_next(at, &i, &j, p));
}
