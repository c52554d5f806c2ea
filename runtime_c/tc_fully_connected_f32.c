/* float32 rows times constant weights: fully connected layers and 1x1 convolutions. */
#include "tc_dot_f32.h"
#include "tc_matmul.h"

static void two_rows(const float *x, float *y, const float *w, const float *bias, const tc_fully_connected_f32_t *p) {
  const int32_t depth = p->depth, channels = p->channels;
  int32_t c = 0;
  for (; c + 4 <= channels; c += 4, w += 4 * depth) {
    float acc[8];
    for (int32_t i = 0; i < 4; ++i) acc[i] = acc[i + 4] = bias ? bias[c + i] : 0.0f;
    tc_dot_2x4_f32(x, x + depth, w, depth, depth, acc);
    for (int32_t i = 0; i < 4; ++i) {
      y[c + i] = tc_clamp_f32(acc[i], p->lo, p->hi);
      y[channels + c + i] = tc_clamp_f32(acc[i + 4], p->lo, p->hi);
    }
  }
  for (; c < channels; ++c, w += depth)
    for (int32_t r = 0; r < 2; ++r)
      y[r * channels + c] =
          tc_clamp_f32(tc_dot_f32(x + r * depth, w, depth, bias ? bias[c] : 0.0f), p->lo, p->hi);
}

static void one_row(const float *x, float *y, const float *w, const float *bias, const tc_fully_connected_f32_t *p) {
  const int32_t depth = p->depth;
  int32_t c = 0;
  for (; c + 4 <= p->channels; c += 4, w += 4 * depth) {
    float acc[4];
    for (int32_t i = 0; i < 4; ++i) acc[i] = bias ? bias[c + i] : 0.0f;
    tc_dot_1x4_f32(x, w, depth, depth, acc);
    for (int32_t i = 0; i < 4; ++i) y[c + i] = tc_clamp_f32(acc[i], p->lo, p->hi);
  }
  for (; c < p->channels; ++c, w += depth)
    y[c] = tc_clamp_f32(tc_dot_f32(x, w, depth, bias ? bias[c] : 0.0f), p->lo, p->hi);
}

void tc_fully_connected_f32(const float *x, float *y, const float *w, const float *bias,
                            const tc_fully_connected_f32_t *p) {
  int32_t rows = p->rows;
  for (; rows >= 2; rows -= 2, x += 2 * p->depth, y += 2 * p->channels) two_rows(x, y, w, bias, p);
  if (rows) one_row(x, y, w, bias, p);
}
