/* One row of an int8 depthwise convolution; the rows of its windows may stand anywhere. */
#ifndef TC_DEPTHWISE_S8_H
#define TC_DEPTHWISE_S8_H

#include "tc_conv.h"
#include "tc_conv_window.h"
#include "tc_scale_s8.h"

/* Four neighbouring channels and the rows of a window at the first of them; null rows lie in the padding, as does what
 * `padding` stands for. */
typedef struct {
  const int8_t *rows[TC_DEPTHWISE_ROWS];
  const int8_t *w;
  int8_t padding[4];
  const int32_t *bias;
  tc_scale_t scale[4];
} tc_depthwise_block_t;

#define TC_DEPTHWISE_TAP                                                    \
  {                                                                         \
    const int32_t a = in[0], b = in[1], c = in[2], d = in[3];               \
    s0 += a * w[0], s1 += b * w[1], s2 += c * w[2], s3 += d * w[3];         \
    w += channels;                                                          \
  }

/* A window that lies inside left and right; `x` elements ahead in every row. */
static inline void tc_depthwise_inside_s8(const tc_depthwise_block_t *block, int32_t x, int32_t *acc,
                                          const tc_conv2d_s8_t *p) {
  const int32_t channels = p->in_c, width = p->kernel_w, apart = p->dilation_w * channels;
  const int8_t *const *row = block->rows, *const *const end = row + p->kernel_h;
  const int8_t *w = block->w;
  int32_t s0 = block->bias[0], s1 = block->bias[1], s2 = block->bias[2], s3 = block->bias[3];
  for (; row != end; ++row) {
    const int8_t *in = *row ? *row + x : block->padding;
    const int32_t step = *row ? apart : 0;
    for (int32_t kx = width; kx > 0; --kx, in += step) TC_DEPTHWISE_TAP
  }
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
}

/* Any window; x0 is the column of tap (0, 0). */
TC_NOINLINE static void tc_depthwise_border_s8(const tc_depthwise_block_t *block, int32_t x0, int32_t *acc,
                                               const tc_conv2d_s8_t *p) {
  const int32_t channels = p->in_c;
  const int8_t *w = block->w;
  int32_t s0 = block->bias[0], s1 = block->bias[1], s2 = block->bias[2], s3 = block->bias[3];
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int8_t *row = block->rows[ky];
    int32_t ix = x0;
    for (int32_t kx = p->kernel_w; kx > 0; --kx, ix += p->dilation_w) {
      const int8_t *in = row && ix >= 0 && ix < p->in_w ? row + ix * channels : block->padding;
      TC_DEPTHWISE_TAP
    }
  }
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
}

/* One output row of four channels. `first` to `end`: the pixels whose windows lie inside left and right. */
static void tc_depthwise_block_row_s8(const tc_depthwise_block_t *block, int8_t *y, int32_t first, int32_t end,
                                      const tc_conv2d_s8_t *p) {
  const int32_t zero = p->out_zero, lo = p->lo, hi = p->hi;
  for (int32_t ox = 0; ox < p->out_w; ++ox, y += p->in_c) {
    const int32_t x0 = ox * p->stride_w - p->pad_left;
    int32_t acc[4];
    if (ox >= first && ox < end)
      tc_depthwise_inside_s8(block, x0 * p->in_c, acc, p);
    else
      tc_depthwise_border_s8(block, x0, acc, p);
    y[0] = tc_scaled_s8(acc[0], block->scale[0], zero, lo, hi);
    y[1] = tc_scaled_s8(acc[1], block->scale[1], zero, lo, hi);
    y[2] = tc_scaled_s8(acc[2], block->scale[2], zero, lo, hi);
    y[3] = tc_scaled_s8(acc[3], block->scale[3], zero, lo, hi);
  }
}

/* One output row of all channels, of which there are at least four. The last four may be computed together with others
 * a second time: `rows` must not change through y. */
static void tc_depthwise_row_s8(const int8_t *const *rows, int8_t *y, const int8_t *w, const int32_t *bias,
                                const int32_t *requant, int32_t first, int32_t end, const tc_conv2d_s8_t *p) {
  tc_depthwise_block_t block;
  int32_t c = 0;
  for (int32_t i = 0; i < 4; ++i) block.padding[i] = (int8_t)p->in_zero;
  for (bool last = false; !last; c = tc_min_s32(c + 4, p->in_c - 4)) {
    for (int32_t ky = 0; ky < p->kernel_h; ++ky) block.rows[ky] = rows[ky] ? rows[ky] + c : NULL;
    for (int32_t i = 0; i < 4; ++i) block.scale[i] = tc_scale_of(requant + 2 * (c + i));
    block.bias = bias + c;
    block.w = w + c;
    tc_depthwise_block_row_s8(&block, y + c, first, end, p);
    last = c == p->in_c - 4;
  }
}

#endif
