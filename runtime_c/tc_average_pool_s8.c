/* Average (or sum) pooling in int8: int32 sums, rescaled once. */
#include "tc_numeric.h"
#include "tc_pool.h"
#include "tc_pool_count.h"

/* Channels that are summed together, so that the operand is read in runs; their sums stay on the stack. */
#define CHANNEL_BLOCK 16

/* acc[c] = the sum of `channels` channels of one window; y0, x0 are the input coordinates of tap (0, 0). */
static void sum_window(const int8_t *x, int32_t *acc, int32_t channels, int32_t y0, int32_t x0, int32_t zero,
                       const tc_pool_t *p) {
  for (int32_t c = 0; c < channels; ++c) acc[c] = 0;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t iy = y0 + ky * p->dilation_h;
    if (iy < 0 || iy >= p->in_h) continue;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t ix = x0 + kx * p->dilation_w;
      if (ix < 0 || ix >= p->in_w) continue;
      const int8_t *in = x + (iy * p->in_w + ix) * p->channels;
      for (int32_t c = 0; c < channels; ++c) acc[c] += in[c] - zero;
    }
  }
}

static void average_pixel(const int8_t *x, int8_t *y, const int32_t *factor, int32_t y0, int32_t x0,
                          const tc_pool_t *p, const tc_pool_count_t *counts) {
  int32_t acc[CHANNEL_BLOCK];
  for (int32_t first = 0; first < p->channels; first += CHANNEL_BLOCK) {
    const int32_t channels = tc_min_s32(CHANNEL_BLOCK, p->channels - first);
    sum_window(x + first, acc, channels, y0, x0, counts->in_zero, p);
    for (int32_t c = 0; c < channels; ++c)
      y[first + c] = tc_requantize_away_s8(acc[c], factor[0], factor[1], counts->out_zero, -128, 127);
  }
}

static void average_row(const int8_t *x, int8_t *y, const int32_t *requant, int32_t y0, const tc_pool_t *p,
                        const tc_pool_count_t *counts) {
  const int32_t rows =
      tc_pool_positions(y0, p->kernel_h, p->dilation_h, counts->count_top, counts->count_bottom);
  const int32_t *row_factors = requant + 2 * (rows - counts->min_rows) * counts->column_kinds;
  for (int32_t ox = 0; ox < p->out_w; ++ox, y += p->channels) {
    const int32_t x0 = ox * p->stride_w - p->pad_left;
    const int32_t columns =
        tc_pool_positions(x0, p->kernel_w, p->dilation_w, counts->count_left, counts->count_right);
    average_pixel(x, y, row_factors + 2 * (columns - counts->min_columns), y0, x0, p, counts);
  }
}

void tc_average_pool_s8(const int8_t *x, int8_t *y, const int32_t *requant, const tc_pool_t *p,
                        const tc_pool_count_t *counts) {
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->channels)
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += p->out_w * p->channels)
      average_row(x, y, requant, oy * p->stride_h - p->pad_top, p, counts);
}
