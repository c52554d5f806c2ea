/* Any float32 convolution for cores with an FPU, four pixels at a time: dense, grouped, dilated. */
#include "tc_conv.h"
#include "tc_conv_window.h"
#include "tc_tile_f32.h"

/* One group of channels of one image; x starts at the group. */
typedef struct {
  const tc_conv2d_f32_t *p;
  const float *x, *zeros;
  tc_spot_t *spots;
  tc_runs_t runs;     /* of a window inside the image; in the padding every tap is a run */
  int32_t group_c;    /* channels of a tap */
  int32_t first, end; /* the pixels of a row whose windows lie inside left and right */
} group_t;

/* The upper left element of a window. */
typedef struct {
  int32_t y0, x0;
} corner_t;

/* The windows of `count` pixels of a row, inside the image; `at` is the first one's. */
static void put_inside(corner_t at, int32_t count, const group_t *g, tc_tile_f32_t *tile) {
  const tc_conv2d_f32_t *p = g->p;
  const int32_t row = p->in_w * p->in_c * p->dilation_h, next = p->stride_w * p->in_c;
  tc_spot_t *spot = g->spots, start = tc_spot(g->x, (at.y0 * p->in_w + at.x0) * p->in_c);
  for (int32_t ky = 0; ky < p->kernel_h; ++ky, start += row)
    for (int32_t run = 0; run < g->runs.runs; ++run) {
      tc_spot_t to = start + run * g->runs.step;
      for (int32_t i = 0; i < count; ++i, to += next) *spot++ = to;
    }
  tile->weights = tile->start + 4;
  tile->runs = p->kernel_h * g->runs.runs;
  tile->length = g->runs.length;
}

/* Every tap, from row `first` to before row `end`, of a window that may reach into the padding; to every `step`-th
 * spot. */
static void put_taps(corner_t at, int32_t first, int32_t end, tc_spot_t *spot, int32_t step, const group_t *g) {
  const tc_conv2d_f32_t *p = g->p;
  for (int32_t ky = first; ky < end; ++ky) {
    const int32_t iy = at.y0 + ky * p->dilation_h;
    const bool row_inside = iy >= 0 && iy < p->in_h;
    for (int32_t kx = 0, ix = at.x0; kx < p->kernel_w; ++kx, ix += p->dilation_w, spot += step)
      *spot = row_inside && ix >= 0 && ix < p->in_w ? tc_spot(g->x, (iy * p->in_w + ix) * p->in_c)
                                                    : tc_spot_of_zeros(g->zeros);
  }
}

/* The windows of any `count` pixels from column `ox` of row `oy` on. Rows of them that all lie above or below the image
 * are left out. */
static void put_any(int32_t oy, int32_t ox, int32_t count, const group_t *g, tc_tile_f32_t *tile) {
  const tc_conv2d_f32_t *p = g->p;
  corner_t at[TC_TILE_F32_PIXELS];
  int32_t first, end, above, below;
  for (int32_t i = 0; i < count; ++i, ++ox) {
    if (ox == p->out_w) {
      ox = 0;
      ++oy;
    }
    at[i].y0 = oy * p->stride_h - p->pad_top;
    at[i].x0 = ox * p->stride_w - p->pad_left;
  }
  above = tc_max_s32(0, -at[count - 1].y0);
  below = p->in_h - 1 - at[0].y0;
  first = tc_min_s32((above + p->dilation_h - 1) / p->dilation_h, p->kernel_h);
  end = below < 0 ? first : tc_max_s32(first, tc_min_s32(below / p->dilation_h + 1, p->kernel_h));
  for (int32_t i = 0; i < count; ++i) put_taps(at[i], first, end, g->spots + i, count, g);
  tile->weights = tile->start + 4 * (1 + first * p->kernel_w * g->group_c);
  tile->runs = (end - first) * p->kernel_w;
  tile->length = g->group_c;
}

static void put_windows(int32_t oy, int32_t ox, int32_t count, const group_t *g, tc_tile_f32_t *tile) {
  const tc_conv2d_f32_t *p = g->p;
  const corner_t at = {oy * p->stride_h - p->pad_top, ox * p->stride_w - p->pad_left};
  const bool whole = at.y0 >= 0 && at.y0 + (p->kernel_h - 1) * p->dilation_h < p->in_h;
  if (whole && ox >= g->first && ox + count <= g->end)
    put_inside(at, count, g, tile);
  else
    put_any(oy, ox, count, g, tile);
}

/* All pixels, row by row; four together may stand in several rows. */
static void group(const group_t *g, tc_tile_f32_t *tile) {
  const tc_conv2d_f32_t *p = g->p;
  int32_t oy = 0, ox = 0;
  for (int32_t left = p->out_h * p->out_w; left > 0;) {
    const int32_t count = left >= TC_TILE_F32_PIXELS ? TC_TILE_F32_PIXELS : 1;
    put_windows(oy, ox, count, g, tile);
    if (count > 1)
      tc_tile_four_f32_fpu(tile);
    else
      tc_tile_one_f32_fpu(tile);
    tile->y += count * p->out_c;
    left -= count;
    for (ox += count; ox >= p->out_w; ox -= p->out_w) ++oy;
  }
}

void tc_conv2d_f32_fpu(const float *x, float *y, const float *packed, const tc_conv2d_f32_t *p, float *scratch) {
  const int32_t group_in = p->in_c / p->groups, group_out = p->out_c / p->groups;
  const int32_t block = 4 * (1 + p->kernel_h * p->kernel_w * group_in), blocks = (group_out + 3) / 4;
  const int32_t extent = (p->kernel_w - 1) * p->dilation_w + 1, y_step = p->out_c * (int32_t)sizeof(float);
  const int32_t first = tc_first_inside(p->pad_left, p->stride_w, p->out_w);
  const int32_t end = tc_end_inside(p->in_w, extent, p->pad_left, p->stride_w, first, p->out_w);
  const tc_runs_t runs = tc_runs_of(p->kernel_w, group_in, p->in_c, p->dilation_w);
  tc_spot_t *spots = (tc_spot_t *)(void *)(scratch + group_in);
  for (int32_t c = 0; c < group_in; ++c) scratch[c] = 0.0f;
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->in_c, y += p->out_h * p->out_w * p->out_c)
    for (int32_t i = 0; i < p->groups; ++i) {
      const group_t g = {p, x + i * group_in, scratch, spots, runs, group_in, first, end};
      const float *first_block = packed + i * blocks * block;
      tc_tile_f32_t tile = {first_block, first_block, y + i * group_out, spots, 0, 0, p->lo, p->hi, y_step,
                            TC_TILE_F32_BYTES, block, group_out, g.x, scratch};
      group(&g, &tile);
    }
}
