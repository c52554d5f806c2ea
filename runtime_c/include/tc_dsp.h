/* The instructions of the Arm DSP extension that kernels use, and the same in C where there is none.
 * Accumulators wrap around. Loads and stores take any address. */
#ifndef TC_DSP_H
#define TC_DSP_H

#include "tc_common.h"

/* The halves of a word as signed integers. */
static inline int32_t tc_low_s16(uint32_t x) { return (int16_t)(x & 0xffffu); }
static inline int32_t tc_high_s16(uint32_t x) { return (int16_t)(x >> 16); }

static inline uint32_t tc_load_word(const void *from) {
  uint32_t word;
  TC_MEMCPY(&word, from, sizeof(word));
  return word;
}

/* The signed bytes of a word, the lowest first. */
static inline int32_t tc_byte_0(uint32_t x) { return (int8_t)(x & 0xffu); }
static inline int32_t tc_byte_1(uint32_t x) { return (int8_t)((x >> 8) & 0xffu); }
static inline int32_t tc_byte_2(uint32_t x) { return (int8_t)((x >> 16) & 0xffu); }
static inline int32_t tc_byte_3(uint32_t x) { return (int8_t)(x >> 24); }

static inline void tc_store_word(void *to, uint32_t word) { TC_MEMCPY(to, &word, sizeof(word)); }

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__GNUC__)

/* Kernels have their innermost loops in assembly where compilers spill what fits the registers, or scatter the loads
 * that in-order cores pipeline side by side. */
#define TC_DSP_ASSEMBLY

#define TC_LINE(text) text "\n\t"
/* Runs `text` with r0 = `pointer`. It may change every register, and restores the stack pointer. r7 may be the frame
 * pointer, which cannot be named as overwritten. */
#define TC_RUN_ASSEMBLY(pointer, text)                                                                    \
  do {                                                                                                    \
    register const void *tc_argument __asm__("r0") = (pointer);                                           \
    __asm__ volatile(".syntax unified\n\tpush {r7}\n\t" text "pop {r7}"                                   \
                     : "+r"(tc_argument)                                                                  \
                     :                                                                                    \
                     : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory"); \
  } while (0)

#define TC_DSP_1(name, text)                                   \
  static inline uint32_t name(uint32_t a) {                    \
    uint32_t r;                                                \
    __asm__(text : "=r"(r) : "r"(a));                          \
    return r;                                                  \
  }
#define TC_DSP_2(name, text)                                   \
  static inline uint32_t name(uint32_t a, uint32_t b) {        \
    uint32_t r;                                                \
    __asm__(text : "=r"(r) : "r"(a), "r"(b));                  \
    return r;                                                  \
  }
#define TC_DSP_MAC(name, text, type)                           \
  static inline int32_t name(type a, type b, int32_t acc) {    \
    int32_t r;                                                 \
    __asm__(text " %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(acc)); \
    return r;                                                  \
  }
#define TC_DSP_ADD(name, text)                                 \
  static inline int32_t name(int32_t acc, uint32_t a) {        \
    int32_t r;                                                 \
    __asm__(text : "=r"(r) : "r"(acc), "r"(a));                \
    return r;                                                  \
  }
#define TC_DSP_SATURATE(name, text)                            \
  static inline int32_t name(int32_t a) {                      \
    int32_t r;                                                 \
    __asm__(text : "=r"(r) : "r"(a));                          \
    return r;                                                  \
  }

/* acc + the signed byte 0, 1, 2 or 3 of a word. */
TC_DSP_ADD(tc_sxtab_0, "sxtab %0, %1, %2")
TC_DSP_ADD(tc_sxtab_1, "sxtab %0, %1, %2, ror #8")
TC_DSP_ADD(tc_sxtab_2, "sxtab %0, %1, %2, ror #16")
TC_DSP_ADD(tc_sxtab_3, "add %0, %1, %2, asr #24")
/* acc + a * b. */
TC_DSP_MAC(tc_mla, "mla", int32_t)
/* Bytes 0 and 2, or 1 and 3, as two signed halves. */
TC_DSP_1(tc_sxtb16, "sxtb16 %0, %1")
TC_DSP_1(tc_sxtb16_odd, "sxtb16 %0, %1, ror #8")
/* a + the signed bytes of b, half by half. */
TC_DSP_2(tc_sxtab16, "sxtab16 %0, %1, %2")
TC_DSP_2(tc_sxtab16_odd, "sxtab16 %0, %1, %2, ror #8")
/* {low half of a, low half of b} and {high half of a, high half of b}, from the low end on. */
TC_DSP_2(tc_low_halves, "pkhbt %0, %1, %2, lsl #16")
TC_DSP_2(tc_high_halves, "pkhtb %0, %2, %1, asr #16")
/* acc + products of halves: low * low + high * high, or one of the four. */
TC_DSP_MAC(tc_smlad, "smlad", uint32_t)
TC_DSP_MAC(tc_smlabb, "smlabb", uint32_t)
TC_DSP_MAC(tc_smlabt, "smlabt", uint32_t)
TC_DSP_MAC(tc_smlatb, "smlatb", uint32_t)
TC_DSP_MAC(tc_smlatt, "smlatt", uint32_t)
/* acc + the high word of a * b. */
TC_DSP_MAC(tc_smmla, "smmla", int32_t)
/* Saturated to int8. */
TC_DSP_SATURATE(tc_ssat8, "ssat %0, #8, %1")
/* a >> 8 saturated to int8. */
TC_DSP_SATURATE(tc_ssat8_of_s24, "ssat %0, #8, %1, asr #8")
/* The low bytes of four words, `a` lowest. */
static inline uint32_t tc_pack_bytes(int32_t a, int32_t b, int32_t c, int32_t d) {
  __asm__("bfi %0, %1, #8, #8" : "+r"(a) : "r"(b));
  __asm__("bfi %0, %1, #8, #8" : "+r"(c) : "r"(d));
  return tc_low_halves((uint32_t)a, (uint32_t)c);
}
/* The larger and the smaller of every two signed bytes. */
static inline uint32_t tc_max_s8x4(uint32_t a, uint32_t b) {
  uint32_t r;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(r) : "r"(a), "r"(b) : "cc");
  return r;
}
static inline uint32_t tc_min_s8x4(uint32_t a, uint32_t b) {
  uint32_t r;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(r) : "r"(a), "r"(b) : "cc");
  return r;
}

#else

static inline uint32_t tc_halves(int32_t low, int32_t high) {
  return ((uint32_t)low & 0xffffu) | ((uint32_t)high << 16);
}
static inline uint32_t tc_sxtb16(uint32_t a) { return tc_halves(tc_byte_0(a), tc_byte_2(a)); }
static inline uint32_t tc_sxtb16_odd(uint32_t a) { return tc_halves(tc_byte_1(a), tc_byte_3(a)); }
static inline uint32_t tc_sxtab16(uint32_t a, uint32_t b) {
  return tc_halves(tc_low_s16(a) + tc_byte_0(b), tc_high_s16(a) + tc_byte_2(b));
}
static inline uint32_t tc_sxtab16_odd(uint32_t a, uint32_t b) {
  return tc_halves(tc_low_s16(a) + tc_byte_1(b), tc_high_s16(a) + tc_byte_3(b));
}
static inline uint32_t tc_low_halves(uint32_t a, uint32_t b) { return (a & 0xffffu) | (b << 16); }
static inline uint32_t tc_high_halves(uint32_t a, uint32_t b) { return (a >> 16) | (b & 0xffff0000u); }
static inline int32_t tc_sxtab_0(int32_t acc, uint32_t a) { return acc + tc_byte_0(a); }
static inline int32_t tc_sxtab_1(int32_t acc, uint32_t a) { return acc + tc_byte_1(a); }
static inline int32_t tc_sxtab_2(int32_t acc, uint32_t a) { return acc + tc_byte_2(a); }
static inline int32_t tc_sxtab_3(int32_t acc, uint32_t a) { return acc + tc_byte_3(a); }
static inline int32_t tc_wrapped(int32_t acc, int32_t product) { return (int32_t)((uint32_t)acc + (uint32_t)product); }
static inline int32_t tc_mla(int32_t a, int32_t b, int32_t acc) { return tc_wrapped(acc, a * b); }
static inline int32_t tc_smlabb(uint32_t a, uint32_t b, int32_t acc) {
  return tc_wrapped(acc, tc_low_s16(a) * tc_low_s16(b));
}
static inline int32_t tc_smlabt(uint32_t a, uint32_t b, int32_t acc) {
  return tc_wrapped(acc, tc_low_s16(a) * tc_high_s16(b));
}
static inline int32_t tc_smlatb(uint32_t a, uint32_t b, int32_t acc) {
  return tc_wrapped(acc, tc_high_s16(a) * tc_low_s16(b));
}
static inline int32_t tc_smlatt(uint32_t a, uint32_t b, int32_t acc) {
  return tc_wrapped(acc, tc_high_s16(a) * tc_high_s16(b));
}
static inline int32_t tc_smlad(uint32_t a, uint32_t b, int32_t acc) { return tc_smlatt(a, b, tc_smlabb(a, b, acc)); }
static inline int32_t tc_smmla(int32_t a, int32_t b, int32_t acc) {
  return tc_wrapped(acc, (int32_t)(((int64_t)a * b) >> 32));
}
static inline int32_t tc_ssat8(int32_t a) { return tc_max_s32(-128, tc_min_s32(a, 127)); }
static inline int32_t tc_ssat8_of_s24(int32_t a) { return tc_ssat8(a >> 8); }
static inline uint32_t tc_pack_bytes(int32_t a, int32_t b, int32_t c, int32_t d) {
  return ((uint32_t)a & 0xffu) | ((uint32_t)b & 0xffu) << 8 | ((uint32_t)c & 0xffu) << 16 | (uint32_t)d << 24;
}
static inline uint32_t tc_max_s8x4(uint32_t a, uint32_t b) {
  uint32_t r = 0;
  for (int32_t i = 0; i < 32; i += 8) r |= ((uint32_t)tc_max_s32(tc_byte_0(a >> i), tc_byte_0(b >> i)) & 0xffu) << i;
  return r;
}
static inline uint32_t tc_min_s8x4(uint32_t a, uint32_t b) {
  uint32_t r = 0;
  for (int32_t i = 0; i < 32; i += 8) r |= ((uint32_t)tc_min_s32(tc_byte_0(a >> i), tc_byte_0(b >> i)) & 0xffu) << i;
  return r;
}

#endif

/* Keeps bytes within lo..hi. */
static inline void tc_bound_s8(int8_t *y, int32_t count, int32_t lo, int32_t hi) {
  const uint32_t low = ((uint32_t)lo & 0xffu) * 0x01010101u, high = ((uint32_t)hi & 0xffu) * 0x01010101u;
  for (; count >= 4; count -= 4, y += 4) tc_store_word(y, tc_min_s8x4(tc_max_s8x4(tc_load_word(y), low), high));
  for (; count > 0; --count, ++y) *y = (int8_t)tc_max_s32(lo, tc_min_s32(*y, hi));
}

#endif
