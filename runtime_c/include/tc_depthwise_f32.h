/* One row of a float32 depthwise convolution; the rows of its windows may stand anywhere. */
#ifndef TC_DEPTHWISE_F32_H
#define TC_DEPTHWISE_F32_H

#include "tc_broadcast.h"
#include "tc_conv.h"
#include "tc_conv_window.h"
#include "tc_float_bits.h"

#define TC_DEPTHWISE_TAP                                                                  \
  {                                                                                       \
    s0 += in[0] * w[0], s1 += in[1] * w[1], s2 += in[2] * w[2], s3 += in[3] * w[3];       \
  }

/* Four neighbouring channels from `c` on of a window that lies inside left and right; x0 is the column of tap (0, 0).
 * rows[ky] is null in the padding. All acc start as the bias. */
static inline void tc_depthwise_inside_f32(const float *const *rows, const float *w, int32_t x0, int32_t c, float *acc,
                                           const tc_conv2d_f32_t *p) {
  const int32_t channels = p->in_c, step = p->dilation_w * channels;
  float s0 = acc[0], s1 = acc[1], s2 = acc[2], s3 = acc[3];
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const float *in = rows[ky];
    if (!in) {
      w += p->kernel_w * channels;
      continue;
    }
    in += x0 * channels + c;
    for (int32_t kx = p->kernel_w; kx > 0; --kx, in += step, w += channels) TC_DEPTHWISE_TAP
  }
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
}

/* Likewise, of any window. */
static inline void tc_depthwise_border_f32(const float *const *rows, const float *w, int32_t x0, int32_t c, float *acc,
                                           const tc_conv2d_f32_t *p) {
  const int32_t channels = p->in_c;
  float s0 = acc[0], s1 = acc[1], s2 = acc[2], s3 = acc[3];
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const float *row = rows[ky];
    int32_t ix = x0;
    for (int32_t kx = p->kernel_w; kx > 0; --kx, ix += p->dilation_w, w += channels) {
      const float *in;
      if (!row || ix < 0 || ix >= p->in_w) continue;
      in = row + ix * channels + c;
      TC_DEPTHWISE_TAP
    }
  }
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
}

/* One output row of all channels, of which there are at least four. `first` to `end`: the pixels whose windows lie
 * inside left and right. The last four channels may be computed together with others a second time: `rows` must not
 * change through y. */
static void tc_depthwise_row_f32(const float *const *rows, float *y, const float *w, const float *bias, int32_t first,
                                 int32_t end, const tc_conv2d_f32_t *p) {
  int32_t c = 0;
  for (bool last = false; !last; c = tc_min_s32(c + 4, p->in_c - 4)) {
    float *out = y + c;
    for (int32_t ox = 0; ox < p->out_w; ++ox, out += p->in_c) {
      const int32_t x0 = ox * p->stride_w - p->pad_left;
      float acc[4];
      acc[0] = bias ? bias[c] : 0.0f;
      acc[1] = bias ? bias[c + 1] : 0.0f;
      acc[2] = bias ? bias[c + 2] : 0.0f;
      acc[3] = bias ? bias[c + 3] : 0.0f;
      if (ox >= first && ox < end)
        tc_depthwise_inside_f32(rows, w + c, x0, c, acc, p);
      else
        tc_depthwise_border_f32(rows, w + c, x0, c, acc, p);
      for (int32_t i = 0; i < 4; ++i) out[i] = tc_clamp_f32(acc[i], p->lo, p->hi);
    }
    last = c == p->in_c - 4;
  }
}

#endif
