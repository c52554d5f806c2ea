/* The rows of a float32 depthwise convolution for cores with an FPU; the input rows may stand anywhere.
 * TC_DEPTHWISE_TILE is tc_tile_depthwise_f32_fpu, which the kernels name. */
#ifndef TC_DEPTHWISE_ROWS_F32_H
#define TC_DEPTHWISE_ROWS_F32_H

#include "tc_conv.h"
#include "tc_depthwise_ring.h"
#include "tc_depthwise_tile_f32.h"

/* Column 0 of a row; columns are `tc_column_step` apart. */
static inline tc_spot_t tc_line_spot(const tc_depthwise_tile_t *tile, int32_t line) {
#ifdef TC_TILE_F32_ASM
  return tile->lines[line];
#else
  return line * tile->width;
#endif
}

static inline int32_t tc_column_step(const tc_depthwise_tile_t *tile) {
#ifdef TC_TILE_F32_ASM
  return tile->channels;
#else
  (void)tile;
  return 1;
#endif
}

/* Column ix of all rows, to spots `next` apart. */
static inline void tc_put_column(const tc_depthwise_tile_t *tile, tc_spot_t *spot, int32_t next, int32_t ix) {
  const int32_t offset = ix * tc_column_step(tile);
  const bool inside = ix >= 0 && ix < tile->width;
  for (int32_t row = 0; row < tile->rows; ++row, spot += next)
    *spot = inside ? tc_line_spot(tile, row) + offset : tc_spot_of_zeros(tile->zeros);
}

/* The columns of three pixels whose windows start from column x0 on and may reach into the padding. */
static inline void tc_put_columns(const tc_depthwise_tile_t *tile, tc_spot_t *spot, int32_t x0,
                                  const tc_conv2d_f32_t *p) {
  const int32_t next = TC_DEPTHWISE_COLUMNS * tile->triples + TC_DEPTHWISE_PIXELS * tile->singles;
  int32_t ix = x0;
  for (int32_t n = 0; n < tile->triples; ++n, ix += TC_DEPTHWISE_TRIPLE)
    for (int32_t i = 0; i < TC_DEPTHWISE_COLUMNS; ++i) tc_put_column(tile, spot++, next, ix + i);
  for (int32_t n = 0; n < tile->singles; ++n, ix += p->dilation_w)
    for (int32_t i = 0; i < TC_DEPTHWISE_PIXELS; ++i) tc_put_column(tile, spot++, next, ix + i * p->stride_w);
}

/* The same inside the image. */
static inline void tc_put_columns_inside(const tc_depthwise_tile_t *tile, tc_spot_t *spot, int32_t x0,
                                         const tc_conv2d_f32_t *p) {
  const int32_t step = tc_column_step(tile), next = p->stride_w * step;
  for (int32_t row = 0; row < tile->rows; ++row) {
    tc_spot_t at = tc_line_spot(tile, row) + x0 * step;
    for (int32_t n = 0; n < tile->triples; ++n, at += TC_DEPTHWISE_TRIPLE * step, spot += TC_DEPTHWISE_COLUMNS) {
      spot[0] = at;
      spot[1] = at + step;
      spot[2] = at + 2 * step;
      spot[3] = at + 3 * step;
      spot[4] = at + 4 * step;
    }
    for (int32_t n = 0; n < tile->singles; ++n, at += p->dilation_w * step, spot += TC_DEPTHWISE_PIXELS) {
      spot[0] = at;
      spot[1] = at + next;
      spot[2] = at + 2 * next;
    }
  }
}

/* One output row. The last pixels may be computed a second time: the input rows must not change through y. */
static inline void tc_depthwise_pixels(tc_depthwise_tile_t *tile, tc_spot_t *spots, float *y,
                                       const tc_conv2d_f32_t *p) {
  const int32_t last = tc_max_s32(0, p->out_w - TC_DEPTHWISE_PIXELS);
  const int32_t pixels = tc_min_s32(p->out_w, TC_DEPTHWISE_PIXELS);
  const int32_t reach = (TC_DEPTHWISE_PIXELS - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w;
  for (int32_t ox = 0, done = 0; !done; ox = tc_min_s32(ox + TC_DEPTHWISE_PIXELS, last)) {
    const int32_t x0 = ox * p->stride_w - p->pad_left;
    if (x0 >= 0 && x0 + reach < p->in_w)
      tc_put_columns_inside(tile, spots, x0, p);
    else
      tc_put_columns(tile, spots, x0, p);
    tile->y = y + ox * p->out_c;
    TC_DEPTHWISE_TILE(tile, pixels);
    done = ox == last;
  }
}

/* The rows of the image that the windows from row y0 on meet. */
static inline void tc_put_lines(tc_depthwise_tile_t *tile, const float **lines, int32_t y0, const float *image,
                                const tc_ring_t *ring, const tc_conv2d_f32_t *p) {
  tile->rows = 0;
  tile->weights = tile->start + 4;
  for (int32_t ky = 0, iy = y0; ky < p->kernel_h; ++ky, iy += p->dilation_h)
    if (iy < 0)
      tile->weights += 4 * p->kernel_w;
    else if (iy < p->in_h)
      lines[tile->rows++] = (const float *)(const void *)tc_ring_row(ring, (const int8_t *)image, iy);
}

/* The whole convolution; scratch holds in_c zeros, then spots. With ring_rows > 0, y may be x, and `saved` holds that
 * many input rows. */
static inline void tc_depthwise_body_f32_fpu(const float *x, float *y, const float *packed, const tc_conv2d_f32_t *p,
                                             float *scratch, float *saved, int32_t ring_rows) {
  const int32_t in_row = p->in_w * p->in_c, out_row = p->out_w * p->out_c, pixel = (int32_t)sizeof(float) * p->out_c;
  const bool joined = p->stride_w == 1 && p->dilation_w == 1;
  const int32_t triples = joined ? p->kernel_w / TC_DEPTHWISE_TRIPLE : 0;
  const int32_t singles = p->kernel_w - TC_DEPTHWISE_TRIPLE * triples;
  const float *lines[TC_DEPTHWISE_ROWS];
  tc_spot_t *spots = (tc_spot_t *)(void *)(scratch + p->in_c);
  const int32_t block = 4 + 4 * p->kernel_h * p->kernel_w;
  tc_depthwise_tile_t tile = {packed, packed, y,     spots,   0,       triples, p->lo, p->hi,
                              pixel,  singles, 0,    block,   p->in_c, p->in_w, lines, scratch};
  for (int32_t c = 0; c < p->in_c; ++c) scratch[c] = 0.0f;
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * in_row) {
    tc_ring_t ring = tc_ring_of(saved, ring_rows, in_row * (int32_t)sizeof(float));
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += out_row) {
      const int32_t y0 = oy * p->stride_h - p->pad_top;
      if (ring_rows > 0)
        tc_ring_save(&ring, (const int8_t *)x, p->in_h, (oy + 1) * out_row * (int32_t)sizeof(float), y0);
      tc_put_lines(&tile, lines, y0, x, &ring, p);
      tc_depthwise_pixels(&tile, spots, y, p);
    }
  }
}

#endif
