/* Any float32 convolution: dense, grouped, depthwise, dilated. Two filters at a time; windows that lie inside the
 * image are taken in pairs. */
#include "tc_broadcast.h"
#include "tc_conv.h"
#include "tc_conv_window.h"
#include "tc_dot_f32.h"

typedef float element_t;
typedef tc_conv2d_f32_t params_t;

/* Two output channels of one group; both are the same one where it is the odd one out. */
typedef struct {
  const float *w0, *w1;
  float bias0, bias1;
  int32_t c0, c1, group_c;
  tc_runs_t runs;
} filters_t;

static filters_t filters_of(const float *w, const float *bias, int32_t c0, int32_t c1, const params_t *p) {
  filters_t f;
  f.group_c = p->in_c / p->groups;
  f.runs = tc_runs_of(p->kernel_w, f.group_c, p->in_c, p->dilation_w);
  f.c0 = c0;
  f.c1 = c1;
  f.w0 = w + c0 * p->kernel_h * p->kernel_w * f.group_c;
  f.w1 = w + c1 * p->kernel_h * p->kernel_w * f.group_c;
  f.bias0 = bias ? bias[c0] : 0.0f;
  f.bias1 = bias ? bias[c1] : 0.0f;
  return f;
}

/* Two windows inside the image, `next` elements apart, the results `y_next` apart. x is the first element. */
static void inside(const float *x, int32_t next, float *y, int32_t y_next, const filters_t *f,
                   const params_t *p) {
  const int32_t row = p->in_w * p->in_c * p->dilation_h, length = f->runs.length;
  const float *w0 = f->w0, *w1 = f->w1;
  float acc[4] = {f->bias0, f->bias1, f->bias0, f->bias1};
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const float *in = x + ky * row;
    for (int32_t run = 0; run < f->runs.runs; ++run, in += f->runs.step, w0 += length, w1 += length)
      tc_dot_2x2_f32(in, in + next, w0, w1, length, acc);
  }
  y[f->c0] = tc_clamp_f32(acc[0], p->lo, p->hi);
  y[f->c1] = tc_clamp_f32(acc[1], p->lo, p->hi);
  y[y_next + f->c0] = tc_clamp_f32(acc[2], p->lo, p->hi);
  y[y_next + f->c1] = tc_clamp_f32(acc[3], p->lo, p->hi);
}

/* One window that may reach into the padding; y0, x0 are the (possibly negative) coordinates of tap (0, 0). */
static void border(const float *x, float *y, int32_t y0, int32_t x0, const filters_t *f, const params_t *p) {
  const int32_t count = f->group_c;
  const float *w0 = f->w0, *w1 = f->w1;
  float acc0 = f->bias0, acc1 = f->bias1;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t iy = y0 + ky * p->dilation_h;
    const bool inside_y = iy >= 0 && iy < p->in_h;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx, w0 += count, w1 += count) {
      const int32_t ix = x0 + kx * p->dilation_w;
      const float *in;
      if (!inside_y || ix < 0 || ix >= p->in_w) continue;
      in = x + (iy * p->in_w + ix) * p->in_c;
      for (int32_t c = 0; c < count; ++c) {
        acc0 += in[c] * w0[c];
        acc1 += in[c] * w1[c];
      }
    }
  }
  y[f->c0] = tc_clamp_f32(acc0, p->lo, p->hi);
  y[f->c1] = tc_clamp_f32(acc1, p->lo, p->hi);
}

#include "tc_conv2d_image_body.h"

void tc_conv2d_f32(const float *x, float *y, const float *w, const float *bias, const tc_conv2d_f32_t *p) {
  const int32_t group_in = p->in_c / p->groups, group_out = p->out_c / p->groups;
  const int32_t extent = (p->kernel_w - 1) * p->dilation_w + 1;
  const int32_t first = tc_first_inside(p->pad_left, p->stride_w, p->out_w);
  const int32_t end = tc_end_inside(p->in_w, extent, p->pad_left, p->stride_w, first, p->out_w);
  for (int32_t g = 0; g < p->groups; ++g)
    for (int32_t c = g * group_out; c < (g + 1) * group_out; c += 2) {
      const filters_t f = filters_of(w, bias, c, tc_min_s32(c + 1, (g + 1) * group_out - 1), p);
      for (int32_t n = 0; n < p->batch; ++n)
        image(x + n * p->in_h * p->in_w * p->in_c + g * group_in, y + n * p->out_h * p->out_w * p->out_c, &f, first,
              end, p);
    }
}
