/* int8 depthwise convolution with the DSP extension: any window, one pixel of results at a time.
 *
 * Four channels are computed together. Two pixels that lie under two taps are interleaved and widened to {tap 0, tap 1} per
 * channel, so that SMLAD takes both. Weights are int16, scaled by a power of two per channel such that every result is
 * (high word of acc * multiplier + rounding) >> 8.
 *
 * The taps of a window are taken row by row, each row from its end. `packed` holds for every four channels, in words: the
 * bias of each; per two taps the weights {tap 0, tap 1} of each; the multiplier of each. An odd number of taps is filled up
 * with a weight of zero. The last four channels may overlap those before. */
#ifndef TC_DEPTHWISE_S8_DSP_H
#define TC_DEPTHWISE_S8_DSP_H

#include "tc_conv.h"
#include "tc_conv_window.h"
#include "tc_dsp.h"
#include "tc_scale_s8.h"

/* Rounding and zero point of a result, as its last shift finds them. */
static inline int32_t tc_rounding_of_s24(int32_t zero) { return 128 + zero * 256; }

/* s[0..3] += weights w[0..3] times the channels of two pixels. */
static inline void tc_two_taps(uint32_t a, uint32_t b, const int32_t *w, int32_t *s) {
  const uint32_t low = tc_low_halves(a, b), high = tc_high_halves(a, b);
  s[0] = tc_smlad(tc_sxtb16(low), (uint32_t)w[0], s[0]);
  s[1] = tc_smlad(tc_sxtb16_odd(low), (uint32_t)w[1], s[1]);
  s[2] = tc_smlad(tc_sxtb16(high), (uint32_t)w[2], s[2]);
  s[3] = tc_smlad(tc_sxtb16_odd(high), (uint32_t)w[3], s[3]);
}

static inline uint32_t tc_four_results(int32_t *s, const int32_t *multipliers, int32_t rounding) {
  for (int32_t i = 0; i < 4; ++i) s[i] = tc_ssat8_of_s24(tc_smmla(s[i], multipliers[i], rounding));
  return tc_pack_bytes(s[0], s[1], s[2], s[3]);
}

#ifdef TC_DSP_ASSEMBLY

/* r5..r8 += r12, lr, r3, r4 times the channels of two pixels r9 and r10. */
#define TC_TWO_TAPS                                                                     \
  TC_LINE("pkhbt r11, r9, r10, lsl #16") TC_LINE("pkhtb r9, r10, r9, asr #16")          \
  TC_LINE("sxtb16 r10, r11") TC_LINE("sxtb16 r11, r11, ror #8")                         \
  TC_LINE("smlad r5, r10, r12, r5") TC_LINE("smlad r6, r11, lr, r6")                    \
  TC_LINE("sxtb16 r10, r9") TC_LINE("sxtb16 r9, r9, ror #8")                            \
  TC_LINE("smlad r7, r10, r3, r7") TC_LINE("smlad r8, r9, r4, r8")
/* r5 = the results of r5..r8 for the multipliers m0..m3 and rounding r11. */
#define TC_FOUR_RESULTS(m0, m1, m2, m3)                                                 \
  TC_LINE("smmla r5, r5, " m0 ", r11") TC_LINE("smmla r6, r6, " m1 ", r11")             \
  TC_LINE("smmla r7, r7, " m2 ", r11") TC_LINE("smmla r8, r8, " m3 ", r11")             \
  TC_LINE("ssat r5, #8, r5, asr #8") TC_LINE("ssat r6, #8, r6, asr #8")                 \
  TC_LINE("ssat r7, #8, r7, asr #8") TC_LINE("ssat r8, #8, r8, asr #8")                 \
  TC_LINE("bfi r5, r6, #8, #8") TC_LINE("bfi r7, r8, #8, #8") TC_LINE("pkhbt r5, r5, r7, lsl #16")

#endif

TC_EXTERN_C_BEGIN

/* One output row of all channels. Null rows lie in the padding, for which zeros[in_c] stands. */
void tc_depthwise_row_s8_dsp(const int8_t *const *rows, const int8_t *zeros, int8_t *y, const int32_t *packed,
                             const tc_conv2d_s8_t *p);

/* 3x3 without dilation, one pixel of results at a time: the last tap has a word {w0, w2} and a word {w1, w3} per four
 * channels, and zeros[3 * in_c] stands for padding. */
void tc_depthwise_row_3x3_s8_dsp(const int8_t *const *rows, const int8_t *zeros, int8_t *y, const int32_t *packed,
                                 const tc_conv2d_s8_t *p);

TC_EXTERN_C_END

#endif
