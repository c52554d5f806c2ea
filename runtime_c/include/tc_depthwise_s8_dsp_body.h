/* An int8 depthwise convolution with the DSP extension, row by row. The including file defines TC_DEPTHWISE_ROW, which
 * computes one row of results. */
#include "tc_depthwise_ring.h"

/* The zero point of the operand, for pixels in the padding. */
static inline void tc_fill_zeros(int8_t *zeros, int32_t count, int32_t zero) {
  for (; count > 0; --count) *zeros++ = (int8_t)zero;
}

/* Keeps results within lo..hi. `count` is at least four. */
static inline void tc_clamp_bytes(int8_t *y, int32_t count, const tc_conv2d_s8_t *p) {
  const uint32_t lo = ((uint32_t)p->lo & 0xffu) * 0x01010101u, hi = ((uint32_t)p->hi & 0xffu) * 0x01010101u;
  const int32_t last = count - 4;
  if (p->lo == -128 && p->hi == 127) return;
  for (int32_t i = 0; i < last; i += 4) tc_store_word(y + i, tc_min_s8x4(tc_max_s8x4(tc_load_word(y + i), lo), hi));
  tc_store_word(y + last, tc_min_s8x4(tc_max_s8x4(tc_load_word(y + last), lo), hi));
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
      tc_clamp_bytes(y, out_row, p);
    }
  }
}
