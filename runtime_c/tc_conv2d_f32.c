/* Any float32 convolution: dense, grouped, depthwise, dilated. */
#include "tc_conv.h"

static float accumulate(const float *x, const float *w, float acc, int32_t y0, int32_t x0, const tc_conv2d_f32_t *p) {
  const int32_t group_c = p->in_c / p->groups;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t iy = y0 + ky * p->dilation_h;
    if (iy < 0 || iy >= p->in_h) continue;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t ix = x0 + kx * p->dilation_w;
      if (ix < 0 || ix >= p->in_w) continue;
      const float *in = x + (iy * p->in_w + ix) * p->in_c;
      const float *weights = w + (ky * p->kernel_w + kx) * group_c;
      for (int32_t c = 0; c < group_c; ++c) acc += in[c] * weights[c];
    }
  }
  return acc;
}

void tc_conv2d_f32(const float *x, float *y, const float *w, const float *bias, const tc_conv2d_f32_t *p) {
  const int32_t group_in = p->in_c / p->groups;
  const int32_t group_out = p->out_c / p->groups;
  const int32_t filter = p->kernel_h * p->kernel_w * group_in;
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->in_c) {
    for (int32_t oy = 0; oy < p->out_h; ++oy) {
      for (int32_t ox = 0; ox < p->out_w; ++ox) {
        for (int32_t oc = 0; oc < p->out_c; ++oc) {
          const float *group = x + (oc / group_out) * group_in;
          float acc = accumulate(group, w + oc * filter, bias ? bias[oc] : 0.0f, oy * p->stride_h - p->pad_top,
                                 ox * p->stride_w - p->pad_left, p);
          if (acc < p->lo) acc = p->lo;
          if (acc > p->hi) acc = p->hi;
          *y++ = acc;
        }
      }
    }
  }
}
