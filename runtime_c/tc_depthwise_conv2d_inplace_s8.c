/* int8 depthwise convolution with one filter a channel, whose result overwrites its operand. */
#include "tc_depthwise_ring.h"
#include "tc_depthwise_s8.h"

void tc_depthwise_conv2d_inplace_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias,
                                    const int32_t *requant, const tc_conv2d_s8_t *p, int8_t *scratch,
                                    int32_t ring_rows) {
  const int32_t first = tc_first_inside(p->pad_left, p->stride_w, p->out_w);
  const int32_t end = tc_end_inside(p->in_w, (p->kernel_w - 1) * p->dilation_w + 1, p->pad_left, p->stride_w, first,
                                    p->out_w);
  const int32_t out_row = p->out_w * p->out_c;
  const int8_t *rows[TC_DEPTHWISE_ROWS];
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->in_c) {
    tc_ring_t ring = tc_ring_of(scratch, ring_rows, p->in_w * p->in_c);
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += out_row) {
      const int32_t y0 = oy * p->stride_h - p->pad_top;
      tc_ring_save(&ring, x, p->in_h, (oy + 1) * out_row, y0);
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        const int32_t iy = y0 + ky * p->dilation_h;
        rows[ky] = iy >= 0 && iy < p->in_h ? tc_ring_row(&ring, x, iy) : NULL;
      }
      tc_depthwise_row_s8(rows, y, w, bias, requant, first, end, p);
    }
  }
}
