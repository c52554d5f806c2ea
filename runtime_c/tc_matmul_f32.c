/* float32 matrix product; each sum runs over the depth in order. */
#include "tc_float_bits.h"
#include "tc_matmul_batch.h"

/* One row of the result, four columns at a time. */
static void one_row(const float *a, const float *b, float *y, int32_t depth, int32_t columns,
                    const tc_range_f32_t *q) {
  int32_t c = 0;
  for (; c + 4 <= columns; c += 4, b += 4) {
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
    const float *column = b;
    for (int32_t k = 0; k < depth; ++k, column += columns) {
      const float left = a[k];
      s0 += left * column[0], s1 += left * column[1], s2 += left * column[2], s3 += left * column[3];
    }
    y[c] = tc_clamp_f32(s0, q->lo, q->hi);
    y[c + 1] = tc_clamp_f32(s1, q->lo, q->hi);
    y[c + 2] = tc_clamp_f32(s2, q->lo, q->hi);
    y[c + 3] = tc_clamp_f32(s3, q->lo, q->hi);
  }
  for (; c < columns; ++c, ++b) {
    float acc = 0.0f;
    for (int32_t k = 0; k < depth; ++k) acc += a[k] * b[k * columns];
    y[c] = tc_clamp_f32(acc, q->lo, q->hi);
  }
}

void tc_matmul_f32(const float *a, const float *b, float *y, const tc_matmul_t *p, const tc_range_f32_t *q) {
  int32_t at[TC_MATMUL_RANK], i = 0, j = 0;
  tc_matmul_start(at);
  do
    for (int32_t r = 0; r < p->rows; ++r, y += p->columns)
      one_row(a + i + r * p->depth, b + j, y, p->depth, p->columns, q);
  while (tc_matmul_next(at, &i, &j, p));
}
