/* From int32 sums to int8 results, with what depends on the channel alone worked out once per channel. */
#ifndef TC_SCALE_S8_H
#define TC_SCALE_S8_H

#include "tc_common.h"
#include "tc_numeric.h"

#if defined(__GNUC__) || defined(__clang__)
#define TC_COLD __attribute__((noinline, cold, unused))
#else
#define TC_COLD
#endif

/* A factor multiplier * 2^-(32 + shift); `rounding` is half of 2^shift. */
typedef struct {
  int32_t multiplier, shift, rounding;
} tc_scale_t;

/* requant = {multiplier, shift}. */
static inline tc_scale_t tc_scale_of(const int32_t *requant) {
  tc_scale_t scale;
  scale.multiplier = requant[0];
  scale.shift = requant[1] - 32;
  scale.rounding = scale.shift > 0 ? (int32_t)1 << (scale.shift - 1) : 0;
  return scale;
}

/* Factors of one half and more need all 64 bits of the product. */
TC_COLD static int32_t tc_scaled_wide(int32_t acc, int32_t multiplier, int32_t shift) {
  const int32_t value = tc_requantize(acc, multiplier, shift);
  return tc_clamp_s32(value, -(1 << 30), 1 << 30);
}

/* tc_requantize_s8 of the same numbers. */
static inline int8_t tc_scaled_s8(int32_t acc, tc_scale_t scale, int32_t zero, int32_t lo, int32_t hi) {
  int32_t value;
  if (scale.shift > 0)
    value = ((int32_t)(((int64_t)acc * scale.multiplier) >> 32) + scale.rounding) >> scale.shift;
  else
    value = tc_scaled_wide(acc, scale.multiplier, scale.shift + 32);
  return (int8_t)tc_clamp_s32(value + zero, lo, hi);
}

#endif
