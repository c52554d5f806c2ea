/* int8 rows times constant weights: fully connected layers and 1x1 convolutions.
 * Channels are the outer loop: two filters stay in the caches while all rows pass by in pairs. */
#include "tc_dot_s8.h"
#include "tc_matmul.h"
#include "tc_numeric.h"

static inline int8_t scaled(int32_t acc, const int32_t *requant, const tc_fully_connected_s8_t *p) {
  return tc_requantize_s8(acc, requant[0], requant[1], p->out_zero, p->lo, p->hi);
}

/* The rows in pairs for two channels; `rows` is even. */
static void two_channels(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                         int32_t rows, const tc_fully_connected_s8_t *p) {
  const int32_t depth = p->depth, channels = p->channels;
  for (; rows > 0; rows -= 2, x += 2 * depth, y += 2 * channels) {
    int32_t acc[4] = {bias[0], bias[1], bias[0], bias[1]};
    tc_dot_2x2_s8(x, x + depth, w, w + depth, depth, acc);
    y[0] = scaled(acc[0], requant, p);
    y[1] = scaled(acc[1], requant + 2, p);
    y[channels] = scaled(acc[2], requant, p);
    y[channels + 1] = scaled(acc[3], requant + 2, p);
  }
}

static void one_row(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                    const tc_fully_connected_s8_t *p) {
  const int32_t depth = p->depth;
  int32_t c = 0;
  for (; c + 4 <= p->channels; c += 4, w += 4 * depth) {
    int32_t acc[4] = {bias[c], bias[c + 1], bias[c + 2], bias[c + 3]};
    tc_dot_1x4_s8(x, w, depth, depth, acc);
    for (int32_t i = 0; i < 4; ++i) y[c + i] = scaled(acc[i], requant + 2 * (c + i), p);
  }
  for (; c < p->channels; ++c, w += depth) y[c] = scaled(tc_dot_s8(x, w, depth, bias[c]), requant + 2 * c, p);
}

void tc_fully_connected_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                           const tc_fully_connected_s8_t *p) {
  const int32_t depth = p->depth, channels = p->channels, paired = p->rows & ~1;
  int32_t c = 0;
  if (paired)
    for (; c + 2 <= channels; c += 2) two_channels(x, y + c, w + c * depth, bias + c, requant + 2 * c, paired, p);
  if (paired && c < channels)
    for (int32_t r = 0; r < paired; ++r)
      y[r * channels + c] = scaled(tc_dot_s8(x + r * depth, w + c * depth, depth, bias[c]), requant + 2 * c, p);
  if (paired < p->rows) one_row(x + paired * depth, y + paired * channels, w, bias, requant, p);
}
