/* Sum (or, with a negative multiplier, difference) of int8 tensors with the DSP extension. */
#include "tc_arithmetic_dsp.h"
#include "tc_dsp.h"
#define TC_Q tc_add_s8_t
#define TC_ONE(a, b, q) add(a, b, q)
#define TC_FOUR(a, b, q) add_four(a, b, q)

static inline int32_t add(int32_t a, int32_t b, const tc_add_s8_t *q) {
  return tc_ssat8(tc_mla(b, q->b_multiplier, tc_mla(a, q->a_multiplier, q->offset)) >> q->shift);
}

static inline uint32_t add_four(uint32_t a, uint32_t b, const tc_add_s8_t *q) {
  return tc_pack_bytes(add(tc_byte_0(a), tc_byte_0(b), q), add(tc_byte_1(a), tc_byte_1(b), q),
                       add(tc_byte_2(a), tc_byte_2(b), q), add(tc_byte_3(a), tc_byte_3(b), q));
}

#include "tc_binary_dsp_body.h"

void tc_add_s8_dsp(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_add_s8_t *q) {
  tc_binary_body(a, b, y, p, q);
}
