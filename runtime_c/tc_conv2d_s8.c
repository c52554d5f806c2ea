/* Any int8 convolution: dense, grouped, depthwise, dilated.
 * Two filters at a time stay in the caches while the whole image passes by; windows that lie inside the image are
 * taken in pairs, with -in_zero * (sum of the filter) folded into the bias. */
#include "tc_conv.h"
#include "tc_conv_window.h"
#include "tc_dot_s8.h"
#include "tc_scale_s8.h"

typedef int8_t element_t;
typedef tc_conv2d_s8_t params_t;

/* Two output channels of one group; both are the same one where it is the odd one out. */
typedef struct {
  const int8_t *w0, *w1;
  int32_t c0, c1, bias0, bias1, folded0, folded1, group_c;
  tc_scale_t scale0, scale1;
  tc_runs_t runs;
} filters_t;

static filters_t filters_of(const int8_t *w, const int32_t *bias, const int32_t *requant, int32_t c0, int32_t c1,
                            const params_t *p) {
  filters_t f;
  int32_t size, sum0 = 0, sum1 = 0;
  f.group_c = p->in_c / p->groups;
  f.runs = tc_runs_of(p->kernel_w, f.group_c, p->in_c, p->dilation_w);
  size = p->kernel_h * p->kernel_w * f.group_c;
  f.w0 = w + c0 * size;
  f.w1 = w + c1 * size;
  for (int32_t k = 0; k < size; ++k) {
    sum0 += f.w0[k];
    sum1 += f.w1[k];
  }
  f.c0 = c0;
  f.c1 = c1;
  f.bias0 = bias[c0];
  f.bias1 = bias[c1];
  f.folded0 = f.bias0 - p->in_zero * sum0;
  f.folded1 = f.bias1 - p->in_zero * sum1;
  f.scale0 = tc_scale_of(requant + 2 * c0);
  f.scale1 = tc_scale_of(requant + 2 * c1);
  return f;
}

/* Two windows inside the image, `next` elements apart, the results `y_next` apart. x is the first element. */
TC_NOINLINE static void inside(const int8_t *x, int32_t next, int8_t *y, int32_t y_next, const filters_t *f,
                               const params_t *p) {
  const int32_t row = p->in_w * p->in_c * p->dilation_h, length = f->runs.length;
  const int8_t *w0 = f->w0, *w1 = f->w1;
  int32_t acc[4] = {f->folded0, f->folded1, f->folded0, f->folded1};
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int8_t *in = x + ky * row;
    for (int32_t run = 0; run < f->runs.runs; ++run, in += f->runs.step, w0 += length, w1 += length)
      tc_dot_2x2_s8(in, in + next, w0, w1, length, acc);
  }
  y[f->c0] = tc_scaled_s8(acc[0], f->scale0, p->out_zero, p->lo, p->hi);
  y[f->c1] = tc_scaled_s8(acc[1], f->scale1, p->out_zero, p->lo, p->hi);
  y[y_next + f->c0] = tc_scaled_s8(acc[2], f->scale0, p->out_zero, p->lo, p->hi);
  y[y_next + f->c1] = tc_scaled_s8(acc[3], f->scale1, p->out_zero, p->lo, p->hi);
}

/* One window that may reach into the padding; y0, x0 are the (possibly negative) coordinates of tap (0, 0). */
TC_NOINLINE static void border(const int8_t *x, int8_t *y, int32_t y0, int32_t x0, const filters_t *f,
                               const params_t *p) {
  const int32_t count = f->group_c;
  const int8_t *w0 = f->w0, *w1 = f->w1;
  int32_t acc0 = f->bias0, acc1 = f->bias1;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t iy = y0 + ky * p->dilation_h;
    const bool inside_y = iy >= 0 && iy < p->in_h;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx, w0 += count, w1 += count) {
      const int32_t ix = x0 + kx * p->dilation_w;
      if (inside_y && ix >= 0 && ix < p->in_w)
        tc_dot_1x2_shifted_s8(x + (iy * p->in_w + ix) * p->in_c, p->in_zero, w0, w1, count, &acc0, &acc1);
    }
  }
  y[f->c0] = tc_scaled_s8(acc0, f->scale0, p->out_zero, p->lo, p->hi);
  y[f->c1] = tc_scaled_s8(acc1, f->scale1, p->out_zero, p->lo, p->hi);
}

#include "tc_conv2d_image_body.h"

void tc_conv2d_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                  const tc_conv2d_s8_t *p) {
  const int32_t group_in = p->in_c / p->groups, group_out = p->out_c / p->groups;
  const int32_t extent = (p->kernel_w - 1) * p->dilation_w + 1;
  const int32_t first = tc_first_inside(p->pad_left, p->stride_w, p->out_w);
  const int32_t end = tc_end_inside(p->in_w, extent, p->pad_left, p->stride_w, first, p->out_w);
  for (int32_t g = 0; g < p->groups; ++g)
    for (int32_t c = g * group_out; c < (g + 1) * group_out; c += 2) {
      const filters_t f = filters_of(w, bias, requant, c, tc_min_s32(c + 1, (g + 1) * group_out - 1), p);
      for (int32_t n = 0; n < p->batch; ++n)
        image(x + n * p->in_h * p->in_w * p->in_c + g * group_in, y + n * p->out_h * p->out_w * p->out_c, &f, first,
              end, p);
    }
}
