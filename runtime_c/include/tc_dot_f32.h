/* Sums of products of float32 runs, several at a time. Each sum runs in the order of its run, every product and sum
 * rounded on its own. */
#ifndef TC_DOT_F32_H
#define TC_DOT_F32_H

#include "tc_common.h"
#include "tc_float_bits.h"

/* acc[4 * i + j] += sum of x_i[k] * w[j * step + k] over k < count, for 4 values of j. */
static inline void tc_dot_2x4_f32(const float *x0, const float *x1, const float *w, int32_t step, int32_t count,
                                  float *acc) {
  const float *w1 = w + step, *w2 = w1 + step, *w3 = w2 + step;
  const float *end = x0 + count;
  float s0 = acc[0], s1 = acc[1], s2 = acc[2], s3 = acc[3], t0 = acc[4], t1 = acc[5], t2 = acc[6], t3 = acc[7];
  while (x0 != end) {
    const float a = *x0++, b = *x1++;
    const float u0 = *w++, u1 = *w1++, u2 = *w2++, u3 = *w3++;
    s0 += a * u0, s1 += a * u1, s2 += a * u2, s3 += a * u3;
    t0 += b * u0, t1 += b * u1, t2 += b * u2, t3 += b * u3;
  }
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3, acc[4] = t0, acc[5] = t1, acc[6] = t2, acc[7] = t3;
}

/* acc[j] += sum of x[k] * w[j * step + k] over k < count, for 4 values of j. */
static inline void tc_dot_1x4_f32(const float *x, const float *w, int32_t step, int32_t count, float *acc) {
  const float *w1 = w + step, *w2 = w1 + step, *w3 = w2 + step;
  const float *end = x + count;
  float s0 = acc[0], s1 = acc[1], s2 = acc[2], s3 = acc[3];
  while (x != end) {
    const float a = *x++;
    s0 += a * *w++, s1 += a * *w1++, s2 += a * *w2++, s3 += a * *w3++;
  }
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
}

/* acc[2 * i + j] += sum of x_i[k] * w_j[k] over k < count. */
static inline void tc_dot_2x2_f32(const float *x0, const float *x1, const float *w0, const float *w1, int32_t count,
                                  float *acc) {
  const float *end = x0 + count;
  float s00 = acc[0], s01 = acc[1], s10 = acc[2], s11 = acc[3];
  while (x0 != end) {
    const float a = *x0++, b = *x1++, u = *w0++, v = *w1++;
    s00 += a * u, s01 += a * v, s10 += b * u, s11 += b * v;
  }
  acc[0] = s00, acc[1] = s01, acc[2] = s10, acc[3] = s11;
}

/* acc + sum of x[k] * w[k] over k < count. */
static inline float tc_dot_f32(const float *x, const float *w, int32_t count, float acc) {
  for (int32_t k = 0; k < count; ++k) acc += x[k] * w[k];
  return acc;
}

#endif
