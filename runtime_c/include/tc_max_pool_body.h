/* Maximum pooling for one element type; TC_T is the type and TC_LOWEST what is below all of its values. */
#include "tc_pool.h"

/* y[c] = the largest of one window; y0, x0 are the (possibly negative) input coordinates of tap (0, 0). */
static inline void tc_max_pool_window(const TC_T *x, TC_T *y, int32_t y0, int32_t x0, const tc_pool_t *p) {
  for (int32_t c = 0; c < p->channels; ++c) y[c] = TC_LOWEST;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t iy = y0 + ky * p->dilation_h;
    if (iy < 0 || iy >= p->in_h) continue;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t ix = x0 + kx * p->dilation_w;
      if (ix < 0 || ix >= p->in_w) continue;
      const TC_T *in = x + (iy * p->in_w + ix) * p->channels;
      for (int32_t c = 0; c < p->channels; ++c) y[c] = in[c] > y[c] ? in[c] : y[c];
    }
  }
}

static inline void tc_max_pool_body(const TC_T *x, TC_T *y, const tc_pool_t *p) {
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->channels)
    for (int32_t oy = 0; oy < p->out_h; ++oy)
      for (int32_t ox = 0; ox < p->out_w; ++ox, y += p->channels)
        tc_max_pool_window(x, y, oy * p->stride_h - p->pad_top, ox * p->stride_w - p->pad_left, p);
}
