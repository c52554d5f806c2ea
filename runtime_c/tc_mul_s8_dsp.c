/* Product of int8 tensors with the DSP extension. */
#include "tc_arithmetic_dsp.h"
#include "tc_dsp.h"
#define TC_Q tc_mul_s8_t
#define TC_ONE(a, b, q) mul((a) - (q)->a_zero, (b) - (q)->b_zero, q)
#define TC_FOUR(a, b, q) mul_four(a, b, q)

static inline int32_t mul(int32_t a, int32_t b, const tc_mul_s8_t *q) {
  const int32_t shift = q->shift - 32, rounding = (2 * q->y_zero + 1) * ((int32_t)1 << (shift - 1));
  return tc_ssat8(tc_smmla(a * b, q->multiplier, rounding) >> shift);
}

static inline uint32_t mul_four(uint32_t a, uint32_t b, const tc_mul_s8_t *q) {
  const int32_t za = -q->a_zero, zb = -q->b_zero;
  return tc_pack_bytes(mul(tc_sxtab_0(za, a), tc_sxtab_0(zb, b), q), mul(tc_sxtab_1(za, a), tc_sxtab_1(zb, b), q),
                       mul(tc_sxtab_2(za, a), tc_sxtab_2(zb, b), q), mul(tc_sxtab_3(za, a), tc_sxtab_3(zb, b), q));
}

#include "tc_binary_dsp_body.h"

void tc_mul_s8_dsp(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_mul_s8_t *q) {
  tc_binary_body(a, b, y, p, q);
}
