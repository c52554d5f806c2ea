/* int8 rows times constant weights: fully connected layers and 1x1 convolutions. */
#include "tc_dot_s8.h"
#include "tc_matmul.h"
#include "tc_scale_s8.h"

/* Rows in pairs for two channels; `rows` is even. Channels are the outer loop of the caller: two filters stay in the
 * caches while all rows pass by. */
TC_NOINLINE static void two_channels(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias,
                                     const int32_t *requant, int32_t rows, const tc_fully_connected_s8_t *p) {
  const int32_t depth = p->depth, channels = p->channels, zero = p->out_zero, lo = p->lo, hi = p->hi;
  const tc_scale_t left = tc_scale_of(requant), right = tc_scale_of(requant + 2);
  for (; rows > 0; rows -= 2, x += 2 * depth, y += 2 * channels) {
    int32_t acc[4] = {bias[0], bias[1], bias[0], bias[1]};
    tc_dot_2x2_s8(x, x + depth, w, w + depth, depth, acc);
    y[0] = tc_scaled_s8(acc[0], left, zero, lo, hi);
    y[1] = tc_scaled_s8(acc[1], right, zero, lo, hi);
    y[channels] = tc_scaled_s8(acc[2], left, zero, lo, hi);
    y[channels + 1] = tc_scaled_s8(acc[3], right, zero, lo, hi);
  }
}

static void one_channel(const int8_t *x, int8_t *y, const int8_t *w, int32_t bias, const int32_t *requant,
                        int32_t rows, const tc_fully_connected_s8_t *p) {
  const tc_scale_t scale = tc_scale_of(requant);
  for (; rows > 0; --rows, x += p->depth, y += p->channels)
    *y = tc_scaled_s8(tc_dot_s8(x, w, p->depth, bias), scale, p->out_zero, p->lo, p->hi);
}

TC_NOINLINE static void one_row(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                    const tc_fully_connected_s8_t *p) {
  const int32_t depth = p->depth;
  int32_t c = 0;
  for (; c + 4 <= p->channels; c += 4, w += 4 * depth) {
    int32_t acc[4] = {bias[c], bias[c + 1], bias[c + 2], bias[c + 3]};
    tc_dot_1x4_s8(x, w, depth, depth, acc);
    for (int32_t i = 0; i < 4; ++i, requant += 2) {
      const tc_scale_t scale = tc_scale_of(requant);
      y[c + i] = tc_scaled_s8(acc[i], scale, p->out_zero, p->lo, p->hi);
    }
  }
  for (; c < p->channels; ++c, w += depth, requant += 2) one_channel(x, y + c, w, bias[c], requant, 1, p);
}

void tc_fully_connected_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                           const tc_fully_connected_s8_t *p) {
  const int32_t depth = p->depth, channels = p->channels, paired = p->rows & ~1;
  int32_t c = 0;
  if (paired) {
    for (; c + 2 <= channels; c += 2) two_channels(x, y + c, w + c * depth, bias + c, requant + 2 * c, paired, p);
    if (c < channels) one_channel(x, y + c, w + c * depth, bias[c], requant + 2 * c, paired, p);
  }
  if (paired < p->rows) one_row(x + paired * depth, y + paired * channels, w, bias, requant, p);
}
