/* An int8 depthwise convolution with the DSP extension, row by row. The including file defines TC_DEPTHWISE_ROW, which
 * computes one row of results. */
#include "tc_depthwise_ring.h"

/* The zero point of the operand, for pixels in the padding. */
static inline void tc_fill_zeros(int8_t *zeros, int32_t count, int32_t zero) {
  for (; count > 0; --count) *zeros++ = (int8_t)zero;
}

/* With a `scratch` of `ring_rows` input rows, y may be x. */
static inline void tc_depthwise_body_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                                            const int8_t *zeros, int8_t *scratch, int32_t ring_rows) {
  const int32_t in_row = p->in_w * p->in_c, out_row = p->out_w * p->in_c;
  const int8_t *rows[TC_DEPTHWISE_ROWS];
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * in_row) {
    tc_ring_t ring = tc_ring_of(scratch, ring_rows, in_row);
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += out_row) {
      const int32_t y0 = oy * p->stride_h - p->pad_top;
      if (scratch) tc_ring_save(&ring, x, p->in_h, (oy + 1) * out_row, y0);
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        const int32_t iy = y0 + ky * p->dilation_h;
        rows[ky] = iy >= 0 && iy < p->in_h ? tc_ring_row(&ring, x, iy) : NULL;
      }
      TC_DEPTHWISE_ROW(rows, zeros, y, packed, p);
      if (p->lo > -128 || p->hi < 127) tc_bound_s8(y, out_row, p->lo, p->hi);
    }
  }
}
