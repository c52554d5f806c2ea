/* float32 depthwise convolution with one filter a channel. */
#include "tc_depthwise_f32.h"

void tc_depthwise_conv2d_f32(const float *x, float *y, const float *w, const float *bias,
                            const tc_conv2d_f32_t *p) {
  const int32_t first = tc_first_inside(p->pad_left, p->stride_w, p->out_w);
  const int32_t end = tc_end_inside(p->in_w, (p->kernel_w - 1) * p->dilation_w + 1, p->pad_left, p->stride_w, first,
                                    p->out_w);
  const int32_t row = p->in_w * p->in_c;
  const float *rows[TC_DEPTHWISE_ROWS];
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * row)
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += p->out_w * p->out_c) {
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        const int32_t iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
        rows[ky] = iy >= 0 && iy < p->in_h ? x + iy * row : NULL;
      }
      tc_depthwise_row_f32(rows, y, w, bias, first, end, p);
    }
}
