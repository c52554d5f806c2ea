/* Maximum pooling of int8 tensors with the DSP extension. */
#include "tc_pool_dsp.h"

/* y = the larger of a and b, and of y too unless it is the `first` time; all channels of a pixel. */
static void max_pixels(int8_t *y, const int8_t *a, const int8_t *b, int32_t channels, bool first) {
  const int32_t last = channels - 4;
  if (first)
    for (int32_t c = 0; c < last; c += 4)
      tc_store_word(y + c, tc_max_s8x4(tc_load_word(a + c), tc_load_word(b + c)));
  else
    for (int32_t c = 0; c < last; c += 4)
      tc_store_word(y + c, tc_max_s8x4(tc_load_word(y + c), tc_max_s8x4(tc_load_word(a + c), tc_load_word(b + c))));
  const uint32_t top = tc_max_s8x4(tc_load_word(a + last), tc_load_word(b + last));
  tc_store_word(y + last, first ? top : tc_max_s8x4(tc_load_word(y + last), top));
}

static void max_window(int8_t *y, const tc_pool_window_t *window, int32_t channels) {
  const int8_t *row = window->first;
  bool first = true;
  for (int32_t rows = window->rows; rows > 0; --rows, row += window->pitch) {
    const int8_t *a = row;
    for (int32_t n = window->columns; n > 0; n -= 2, a += 2 * channels, first = false)
      max_pixels(y, a, n > 1 ? a + channels : a, channels, first);
  }
}

void tc_max_pool_s8_dsp(const int8_t *x, int8_t *y, const tc_pool_t *p) {
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->channels)
    for (int32_t oy = 0; oy < p->out_h; ++oy)
      for (int32_t ox = 0; ox < p->out_w; ++ox, y += p->channels) {
        const tc_pool_window_t window =
            tc_pool_window_of(x, oy * p->stride_h - p->pad_top, ox * p->stride_w - p->pad_left, p);
        max_window(y, &window, p->channels);
      }
}
