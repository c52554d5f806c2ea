/* Sums of products of int8 runs, several at a time so that every loaded byte is used more than once. */
#ifndef TC_DOT_S8_H
#define TC_DOT_S8_H

#include "tc_common.h"

/* acc[2 * i + j] += sum of x_i[k] * w_j[k] over k < count. */
static inline void tc_dot_2x2_s8(const int8_t *x0, const int8_t *x1, const int8_t *w0, const int8_t *w1, int32_t count,
                                 int32_t *acc) {
  int32_t s00 = acc[0], s01 = acc[1], s10 = acc[2], s11 = acc[3];
  const int8_t *end = x0 + count;
  if (count & 1) {
    const int32_t a = *x0++, b = *x1++, u = *w0++, v = *w1++;
    s00 += a * u, s01 += a * v, s10 += b * u, s11 += b * v;
  }
  while (x0 != end) {
    const int32_t a = x0[0], b = x1[0], u = w0[0], v = w1[0];
    s00 += a * u, s01 += a * v, s10 += b * u, s11 += b * v;
    const int32_t c = x0[1], d = x1[1], s = w0[1], t = w1[1];
    s00 += c * s, s01 += c * t, s10 += d * s, s11 += d * t;
    x0 += 2, x1 += 2, w0 += 2, w1 += 2;
  }
  acc[0] = s00, acc[1] = s01, acc[2] = s10, acc[3] = s11;
}

/* acc[j] += sum of x[k] * w[j * step + k] over k < count, for 4 values of j. */
static inline void tc_dot_1x4_s8(const int8_t *x, const int8_t *w, int32_t step, int32_t count, int32_t *acc) {
  const int8_t *w1 = w + step, *w2 = w1 + step, *w3 = w2 + step;
  const int8_t *end = x + count;
  int32_t s0 = acc[0], s1 = acc[1], s2 = acc[2], s3 = acc[3];
  while (x != end) {
    const int32_t a = *x++;
    s0 += a * *w++, s1 += a * *w1++, s2 += a * *w2++, s3 += a * *w3++;
  }
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
}

/* acc + sum of x[k] * w[k] over k < count. */
static inline int32_t tc_dot_s8(const int8_t *x, const int8_t *w, int32_t count, int32_t acc) {
  for (int32_t k = 0; k < count; ++k) acc += x[k] * w[k];
  return acc;
}

#endif
