/* Any int8 transposed convolution: dense, grouped, dilated. Every output gathers what reaches it. */
#include "tc_conv_transpose.h"
#include "tc_numeric.h"

/* One output element; y0, x0 are its coordinates in the output without padding. */
static int32_t accumulate(const int8_t *x, const int8_t *w, int32_t y0, int32_t x0, const tc_conv2d_s8_t *p) {
  const int32_t group_c = p->in_c / p->groups;
  int32_t acc = 0;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t iy = tc_conv_transpose_source(y0, ky * p->dilation_h, p->stride_h, p->in_h);
    if (iy < 0) continue;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t ix = tc_conv_transpose_source(x0, kx * p->dilation_w, p->stride_w, p->in_w);
      if (ix < 0) continue;
      const int8_t *in = x + (iy * p->in_w + ix) * p->in_c;
      const int8_t *weights = w + (ky * p->kernel_w + kx) * group_c;
      for (int32_t c = 0; c < group_c; ++c) acc += (in[c] - p->in_zero) * weights[c];
    }
  }
  return acc;
}

static void pixel(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                  int32_t y0, int32_t x0, const tc_conv2d_s8_t *p) {
  const int32_t group_in = p->in_c / p->groups;
  const int32_t group_out = p->out_c / p->groups;
  const int32_t filter = p->kernel_h * p->kernel_w * group_in;
  for (int32_t oc = 0; oc < p->out_c; ++oc) {
    const int8_t *group = x + (oc / group_out) * group_in;
    const int32_t acc = bias[oc] + accumulate(group, w + oc * filter, y0, x0, p);
    y[oc] = tc_requantize_s8(acc, requant[2 * oc], requant[2 * oc + 1], p->out_zero, p->lo, p->hi);
  }
}

void tc_conv_transpose2d_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias,
                            const int32_t *requant, const tc_conv2d_s8_t *p) {
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->in_c)
    for (int32_t oy = 0; oy < p->out_h; ++oy)
      for (int32_t ox = 0; ox < p->out_w; ++ox, y += p->out_c)
        pixel(x, y, w, bias, requant, oy + p->pad_top, ox + p->pad_left, p);
}
