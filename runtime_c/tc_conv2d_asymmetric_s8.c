/* Any int8 convolution whose weights have zero points, and fully connected layers as 1x1 convolutions of one row. */
#include "tc_conv.h"
#include "tc_conv_window.h"
#include "tc_scale_s8.h"

/* sum (x - in_zero)(w - w_zero) = sum (x - in_zero) w - w_zero sum (x - in_zero), over the taps inside the image. */
static int32_t accumulate(const int8_t *x, const int8_t *w, int32_t w_zero, int32_t y0, int32_t x0, int32_t group_c,
                          const tc_conv2d_s8_t *p) {
  int32_t acc = 0, sum = 0;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t iy = y0 + ky * p->dilation_h;
    const bool inside_y = iy >= 0 && iy < p->in_h;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx, w += group_c) {
      const int32_t ix = x0 + kx * p->dilation_w;
      const int8_t *in;
      if (!inside_y || ix < 0 || ix >= p->in_w) continue;
      in = x + (iy * p->in_w + ix) * p->in_c;
      for (int32_t c = 0; c < group_c; ++c) {
        const int32_t value = in[c] - p->in_zero;
        acc += value * w[c];
        sum += value;
      }
    }
  }
  return acc - w_zero * sum;
}

void tc_conv2d_asymmetric_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                             const int32_t *w_zero, const tc_conv2d_s8_t *p) {
  const int32_t group_in = p->in_c / p->groups, group_out = p->out_c / p->groups;
  const int32_t filter = p->kernel_h * p->kernel_w * group_in;
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->in_c, y += p->out_h * p->out_w * p->out_c)
    for (int32_t c = 0; c < p->out_c; ++c) {
      const tc_scale_t scale = tc_scale_of(requant + 2 * c);
      const int8_t *group = x + c / group_out * group_in;
      for (int32_t oy = 0; oy < p->out_h; ++oy)
        for (int32_t ox = 0; ox < p->out_w; ++ox) {
          const int32_t acc = accumulate(group, w + c * filter, w_zero[c], oy * p->stride_h - p->pad_top,
                                         ox * p->stride_w - p->pad_left, group_in, p);
          y[(oy * p->out_w + ox) * p->out_c + c] = tc_scaled_s8(bias[c] + acc, scale, p->out_zero, p->lo, p->hi);
        }
    }
}
