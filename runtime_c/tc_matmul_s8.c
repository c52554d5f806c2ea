/* int8 matrix product of two run-time operands. */
#include "tc_matmul_batch.h"
#include "tc_numeric.h"

static inline int8_t scaled(int32_t acc, const tc_matmul_s8_t *q) {
  return tc_requantize_s8(acc, q->multiplier, q->shift, q->y_zero, q->lo, q->hi);
}

/* One row of the result. sum (a - a_zero)(b - b_zero) = sum (a - a_zero) b - b_zero sum (a - a_zero). */
static void one_row(const int8_t *a, const int8_t *b, int8_t *y, int32_t depth, int32_t columns,
                    const tc_matmul_s8_t *q) {
  int32_t start = 0, c = 0;
  for (int32_t k = 0; k < depth; ++k) start -= a[k] - q->a_zero;
  start *= q->b_zero;
  for (; c + 4 <= columns; c += 4, b += 4) {
    int32_t s0 = start, s1 = start, s2 = start, s3 = start;
    const int8_t *column = b;
    for (int32_t k = 0; k < depth; ++k, column += columns) {
      const int32_t left = a[k] - q->a_zero;
      s0 += left * column[0], s1 += left * column[1], s2 += left * column[2], s3 += left * column[3];
    }
    y[c] = scaled(s0, q), y[c + 1] = scaled(s1, q), y[c + 2] = scaled(s2, q), y[c + 3] = scaled(s3, q);
  }
  for (; c < columns; ++c, ++b) {
    int32_t acc = start;
    for (int32_t k = 0; k < depth; ++k) acc += (a[k] - q->a_zero) * b[k * columns];
    y[c] = scaled(acc, q);
  }
}

void tc_matmul_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_matmul_t *p, const tc_matmul_s8_t *q) {
  int32_t at[TC_MATMUL_RANK], i = 0, j = 0;
  tc_matmul_start(at);
  do
    for (int32_t r = 0; r < p->rows; ++r, y += p->columns)
      one_row(a + i + r * p->depth, b + j, y, p->depth, p->columns, q);
  while (tc_matmul_next(at, &i, &j, p));
}
