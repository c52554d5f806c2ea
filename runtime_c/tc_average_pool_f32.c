/* Average (or sum) pooling in float32. */
#include "tc_pool.h"
#include "tc_pool_count.h"

/* y[c] = the sum of one window; y0, x0 are the (possibly negative) input coordinates of tap (0, 0). */
static void sum_window(const float *x, float *y, int32_t y0, int32_t x0, const tc_pool_t *p) {
  for (int32_t c = 0; c < p->channels; ++c) y[c] = 0.0f;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t iy = y0 + ky * p->dilation_h;
    if (iy < 0 || iy >= p->in_h) continue;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t ix = x0 + kx * p->dilation_w;
      if (ix < 0 || ix >= p->in_w) continue;
      const float *in = x + (iy * p->in_w + ix) * p->channels;
      for (int32_t c = 0; c < p->channels; ++c) y[c] += in[c];
    }
  }
}

static void average_row(const float *x, float *y, int32_t y0, const tc_pool_t *p, const tc_pool_count_t *counts) {
  const int32_t rows =
      tc_pool_positions(y0, p->kernel_h, p->dilation_h, counts->count_top, counts->count_bottom);
  for (int32_t ox = 0; ox < p->out_w; ++ox, y += p->channels) {
    const int32_t x0 = ox * p->stride_w - p->pad_left;
    sum_window(x, y, y0, x0, p);
    if (counts->divide) {
      const float count = (float)(rows * tc_pool_positions(x0, p->kernel_w, p->dilation_w, counts->count_left,
                                                           counts->count_right));
      for (int32_t c = 0; c < p->channels; ++c) y[c] /= count;
    }
  }
}

void tc_average_pool_f32(const float *x, float *y, const tc_pool_t *p, const tc_pool_count_t *counts) {
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->channels)
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += p->out_w * p->channels)
      average_row(x, y, oy * p->stride_h - p->pad_top, p, counts);
}
