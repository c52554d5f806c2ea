/* float32 depthwise convolution with one filter a channel, whose result overwrites its operand. */
#include "tc_depthwise_f32.h"
#include "tc_depthwise_ring.h"

void tc_depthwise_conv2d_inplace_f32(const float *x, float *y, const float *w, const float *bias,
                                     const tc_conv2d_f32_t *p, float *scratch, int32_t ring_rows) {
  const int32_t first = tc_first_inside(p->pad_left, p->stride_w, p->out_w);
  const int32_t end = tc_end_inside(p->in_w, (p->kernel_w - 1) * p->dilation_w + 1, p->pad_left, p->stride_w, first,
                                    p->out_w);
  const int32_t in_row = p->in_w * p->in_c, out_row = p->out_w * p->out_c;
  const float *rows[TC_DEPTHWISE_ROWS];
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * in_row) {
    tc_ring_t ring = tc_ring_of(scratch, ring_rows, in_row * (int32_t)sizeof(float));
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += out_row) {
      const int32_t y0 = oy * p->stride_h - p->pad_top;
      tc_ring_save(&ring, (const int8_t *)x, p->in_h, (oy + 1) * out_row * (int32_t)sizeof(float), y0);
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        const int32_t iy = y0 + ky * p->dilation_h;
        const bool inside = iy >= 0 && iy < p->in_h;
        rows[ky] = inside ? (const float *)(const void *)tc_ring_row(&ring, (const int8_t *)x, iy) : NULL;
      }
      tc_depthwise_row_f32(rows, y, w, bias, first, end, p);
    }
  }
}
