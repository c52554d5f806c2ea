/* As tc_row_sums_s8, with the DSP extension: four channels at a time, summed in halves first. */
#include "tc_dsp.h"
#include "tc_row_sums.h"

/* Pixels whose int8 sum fits int16. */
#define TC_MOST_IN_HALVES 256

/* y[0..3] += four channels of `count` pixels, `step` bytes apart; `zeros` is their zero point times `count`. */
static inline void tc_add_four(const int8_t *x, int32_t *y, int32_t step, int32_t count, int32_t zeros) {
  uint32_t even = 0, odd = 0;
  for (; count > 0; --count, x += step) {
    const uint32_t word = tc_load_word(x);
    even = tc_sxtab16(even, word), odd = tc_sxtab16_odd(odd, word);
  }
  y[0] += tc_low_s16(even) - zeros, y[1] += tc_low_s16(odd) - zeros;
  y[2] += tc_high_s16(even) - zeros, y[3] += tc_high_s16(odd) - zeros;
}

/* All channels of neighbouring pixels. */
static void tc_add_pixels(const int8_t *x, int32_t *y, int32_t count, const tc_row_sums_t *p) {
  const int32_t channels = p->channels, whole = channels & ~3, zeros = p->zero * count;
  for (int32_t c = 0; c < whole; c += 4) tc_add_four(x + c, y + c, channels, count, zeros);
  for (int32_t c = whole; c < channels; ++c) {
    int32_t sum = y[c] - zeros;
    for (int32_t i = 0; i < count; ++i) sum += x[i * channels + c];
    y[c] = sum;
  }
}

void tc_row_sums_s8_dsp(const int8_t *x, int32_t *y, const tc_row_sums_t *p) {
  for (int32_t row = 0; row < p->rows; ++row, y += p->channels) {
    if (row > 0)
      for (int32_t c = 0; c < p->channels; ++c) y[c] = y[c - p->channels];
    else if (!p->carried)
      for (int32_t c = 0; c < p->channels; ++c) y[c] = 0;
    for (int32_t left = p->width, count; left > 0; left -= count, x += count * p->channels) {
      count = tc_min_s32(left, TC_MOST_IN_HALVES);
      tc_add_pixels(x, y, count, p);
    }
  }
}
