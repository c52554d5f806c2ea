/* int8 depthwise 3x3 convolution with the DSP extension, channel by channel. */
#include "tc_depthwise_planar_dsp.h"

static tc_strip_t strip_of(bool columns, const tc_conv2d_s8_t *p) {
  const int32_t c = p->in_c, pairs = (p->out_w + 3) / 2;
  tc_strip_t strip;
  strip.pairs = pairs;
  strip.first = tc_min_s32((p->pad_left + 1) / 2, pairs);
  strip.end = tc_max_s32(strip.first, tc_min_s32((p->in_w + p->pad_left) / 2, pairs));
  strip.rounding = 128 + p->out_zero * 256;
  strip.zeros = ((uint32_t)p->in_zero & 0xffu) * 0x01010101u;
  strip.in_pixel = columns ? p->in_h * c : c, strip.in_line = columns ? c : p->in_w * c;
  strip.out_pixel = columns ? p->out_h * c : c, strip.out_line = columns ? c : p->out_w * c;
  return strip;
}

/* Four channels of an image, from channel `first` on; those before channel `done` are done. */
static void four_channels(const int8_t *x, int8_t *y, const int32_t *filters, int32_t first, int32_t done,
                          uint32_t *scratch, int32_t strip_lines, const tc_strip_t *strip, const tc_conv2d_s8_t *p) {
  const int32_t pitch = strip->pairs * TC_LANES;
  tc_fours_t fours = tc_fours_of(strip, p);
  int32_t kept = 0;
  for (int32_t oy = 0; oy < p->out_h; oy += strip_lines) {
    const int32_t lines = tc_min_s32(strip_lines, p->out_h - oy), step = lines * p->stride_h;
    const int32_t needed = step - p->stride_h + 3, top = oy * p->stride_h - p->pad_top;
    for (int32_t i = kept; i < needed; ++i) {
      if (top + i >= 0 && top + i < p->in_h)
        tc_widen_line(x + first + (top + i) * strip->in_line, scratch + i * pitch, strip, p);
      else
        tc_widen_zeros(scratch + i * pitch, strip);
    }
    for (int32_t c = done; c < first + TC_LANES; ++c)
      tc_planar_lines(scratch + (c - first), y + c + oy * strip->out_line, filters + c * TC_PLANAR_WORDS, lines, &fours,
                      strip, p);
    kept = tc_max_s32(0, needed - step);
    tc_keep_pairs(scratch, step * pitch, kept * strip->pairs);
  }
}

void tc_depthwise_conv2d_3x3_planar_s8_dsp(const int8_t *x, int8_t *y, const int32_t *filters, const tc_conv2d_s8_t *p,
                                           uint32_t *scratch, int32_t strip_lines, int32_t columns) {
  const tc_strip_t strip = strip_of(columns != 0, p);
  const int32_t results = p->out_h * p->out_w * p->in_c;
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->in_c, y += results) {
    for (int32_t done = 0; done < p->in_c; done = tc_min_s32(done + TC_LANES, p->in_c))
      four_channels(x, y, filters, tc_min_s32(done, p->in_c - TC_LANES), done, scratch, strip_lines, &strip, p);
    if (p->lo > -128 || p->hi < 127) tc_bound_s8(y, results, p->lo, p->hi);
  }
}
