/* Sums of products of int8 runs, several at a time so that every loaded byte is used more than once. Bytes are loaded
 * ahead of the products, because in-order cores pipeline neighbouring loads. */
#ifndef TC_DOT_S8_H
#define TC_DOT_S8_H

#include "tc_common.h"

/* One step of tc_dot_2x2_s8 at position k. */
#define TC_DOT_2X2_STEP(k)                                              \
  {                                                                     \
    const int32_t a = x0[k], b = x1[k], u = w0[k], v = w1[k];           \
    s00 += a * u, s01 += a * v, s10 += b * u, s11 += b * v;             \
  }

/* acc[2 * i + j] += sum of x_i[k] * w_j[k] over k < count. */
static inline void tc_dot_2x2_s8(const int8_t *x0, const int8_t *x1, const int8_t *w0, const int8_t *w1, int32_t count,
                                 int32_t *acc) {
  int32_t s00 = acc[0], s01 = acc[1], s10 = acc[2], s11 = acc[3];
  const int8_t *end = x0 + (count & ~3);
  for (; x0 != end; x0 += 4, x1 += 4, w0 += 4, w1 += 4) {
    TC_DOT_2X2_STEP(0)
    TC_DOT_2X2_STEP(1)
    TC_DOT_2X2_STEP(2)
    TC_DOT_2X2_STEP(3)
  }
  for (end += count & 3; x0 != end; ++x0, ++x1, ++w0, ++w1) TC_DOT_2X2_STEP(0)
  acc[0] = s00, acc[1] = s01, acc[2] = s10, acc[3] = s11;
}

#define TC_DOT_1X4_STEP(k)                                                \
  {                                                                       \
    const int32_t a = x[k], t = w[k], u = w1[k], v = w2[k], z = w3[k];    \
    s0 += a * t, s1 += a * u, s2 += a * v, s3 += a * z;                   \
  }

/* acc[j] += sum of x[k] * w[j * step + k] over k < count, for 4 values of j. */
static inline void tc_dot_1x4_s8(const int8_t *x, const int8_t *w, int32_t step, int32_t count, int32_t *acc) {
  const int8_t *w1 = w + step, *w2 = w1 + step, *w3 = w2 + step, *end = x + (count & ~1);
  int32_t s0 = acc[0], s1 = acc[1], s2 = acc[2], s3 = acc[3];
  for (; x != end; x += 2, w += 2, w1 += 2, w2 += 2, w3 += 2) {
    TC_DOT_1X4_STEP(0)
    TC_DOT_1X4_STEP(1)
  }
  if (count & 1) TC_DOT_1X4_STEP(0)
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
}

/* acc_j += sum of (x[k] - zero) * w_j[k] over k < count. */
static inline void tc_dot_1x2_shifted_s8(const int8_t *x, int32_t zero, const int8_t *w0, const int8_t *w1,
                                         int32_t count, int32_t *acc0, int32_t *acc1) {
  int32_t s0 = *acc0, s1 = *acc1;
  const int8_t *end = x + (count & ~1);
  for (; x != end; x += 2, w0 += 2, w1 += 2) {
    const int32_t a = x[0], t = w0[0], u = w1[0], b = x[1], v = w0[1], z = w1[1];
    s0 += (a - zero) * t, s1 += (a - zero) * u, s0 += (b - zero) * v, s1 += (b - zero) * z;
  }
  if (count & 1) s0 += (*x - zero) * *w0, s1 += (*x - zero) * *w1;
  *acc0 = s0, *acc1 = s1;
}

/* acc + sum of x[k] * w[k] over k < count. */
static inline int32_t tc_dot_s8(const int8_t *x, const int8_t *w, int32_t count, int32_t acc) {
  for (int32_t k = 0; k < count; ++k) acc += x[k] * w[k];
  return acc;
}

#endif
