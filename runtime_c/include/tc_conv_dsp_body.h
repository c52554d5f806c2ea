/* Any int8 convolution from packed weights: the windows of some pixels at a time become a column, which then meets all
 * filters. A window is taken run by run: first the whole words of all runs, then their last one to three elements.
 * With tc_dense_four_dsp.h ahead, columns have four pixels as far as there are so many, otherwise two. */
#include "tc_conv_window.h"
#include "tc_dense_dsp.h"
#include "tc_packed_dsp.h"

#ifdef TC_FOUR_WORDS
#define COLUMN_WORDS TC_FOUR_WORDS
#define COLUMN_PIXELS 4
#else
#define COLUMN_WORDS 2 /* for both pixels */
#define COLUMN_PIXELS 1 /* a window is finished before the next one */
#endif

/* Where windows find their elements, and what stands in the scratch behind the column. */
typedef struct {
  const tc_conv2d_s8_t *p;
  uint32_t *column;
  int8_t *row;     /* one row of a window that touches the padding */
  int8_t *padding; /* one row of a window in the padding */
  int8_t *rests; /* last elements of runs, `rest` bytes for each pixel */
  tc_runs_t runs;
  int32_t group_c, rest, extent;
  int32_t row_size, row_words, row_rest; /* of a row of a window */
  int32_t next, pitch;         /* elements from window to window, and from row to row of a window */
  uint32_t *column_rests;      /* where the last elements go in a column of four pixels */
  bool patched;                /* rows of whole words, and padding left and right not wider than the image */
} windows_t;

static inline int8_t *fill(int8_t *to, int32_t value, int32_t count) {
  for (; count > 0; --count) *to++ = (int8_t)value;
  return to;
}

/* `words` words of one pixel of a column of four (TC_FOUR_WORDS), or of a column of its own (1). */
static inline void put_one(uint32_t *column, const int8_t *x, int32_t words, int32_t column_words) {
#ifdef TC_FOUR_WORDS
  if (column_words == TC_FOUR_WORDS) {
    tc_put_one_of_four(column, x, words);
    return;
  }
#else
  (void)column_words;
#endif
  tc_put_one_of_two(column, x, words);
}

/* Of a row of the image the taps `first` to `end` of a window, the others of which are in the padding; the result is
 * s->row. `at` is where tap 0 would be. */
static inline void copy_taps(const windows_t *s, const int8_t *at, int32_t first, int32_t end) {
  const int32_t size = s->group_c, apart = s->p->dilation_w * s->p->in_c;
  const bool joined = s->runs.runs == 1;
  int8_t *to = s->row + first * size;
  at += first * apart;
  for (int32_t taps = joined ? 1 : end - first; taps > 0; --taps, at += apart) {
    const int8_t *from = at;
    int32_t count = joined ? size * (end - first) : size;
    for (; count >= 4; count -= 4, to += 4, from += 4) TC_MEMCPY(to, from, 4);
    for (; count > 0; --count) *to++ = *from++;
  }
}

/* Rows of any window as (part of) a pixel of a column; y0, x0 are the (possibly negative) coordinates of the first tap.
 * x starts at the first channel of the group. */
TC_NOINLINE static void put_any(const windows_t *s, uint32_t *column, const int8_t *x, int32_t y0, int32_t x0,
                                int32_t rows, int32_t column_words) {
  const tc_conv2d_s8_t *p = s->p;
  const int32_t words = s->runs.length >> 2, last = s->runs.length & 3, dilation = p->dilation_w;
  const bool inside = x0 >= 0 && x0 + s->extent <= p->in_w;
  int8_t *rests = s->rests;
  int32_t first = 0, end = p->kernel_w;
  if (!inside) {
    while (first < end && x0 + first * dilation < 0) ++first;
    while (end > first && x0 + (end - 1) * dilation >= p->in_w) --end;
    fill(s->row, p->in_zero, s->row_size);
  }
  for (; rows > 0; --rows, y0 += p->dilation_h) {
    const bool row = y0 >= 0 && y0 < p->in_h;
    const int8_t *from = s->padding;
    int32_t apart = s->runs.length;
    if (row) from = x + (y0 * p->in_w + x0) * p->in_c;
    if (row && inside) {
      apart = s->runs.step;
    } else if (row) {
      copy_taps(s, from, first, end);
      from = s->row;
    }
    for (int32_t run = s->runs.runs; run > 0; --run, from += apart, column += words * column_words) {
      put_one(column, from, words, column_words);
      for (int32_t k = 0; k < last; ++k) *rests++ = from[4 * words + k];
    }
  }
  if (last) put_one(column, s->rests, s->rest >> 2, column_words);
}

#ifdef TC_FOUR_WORDS
/* `rows` rows of four windows inside the image, `next` elements apart; x is the first element of the first one. */
TC_NOINLINE static void put_inside(const windows_t *s, uint32_t *column, int8_t *rests, const int8_t *x, int32_t next,
                                   int32_t rows) {
  const int32_t words = s->runs.length >> 2, last = s->runs.length & 3, step = next ? s->runs.step : s->runs.length;
  for (; rows > 0; --rows, x += s->pitch) {
    const int8_t *from = x;
    for (int32_t run = s->runs.runs; run > 0; --run, from += step) {
      if (words) column = tc_put_four(column, from, next, words);
      for (int32_t k = 0; k < last; ++k) tc_copy_four(rests++, s->rest, from + 4 * words + k, next);
    }
  }
}

/* The taps of a row of four windows that lie in the padding left and right, in a column that has anything there. */
static inline void patch(const windows_t *s, uint32_t *column, int32_t x0) {
  const tc_conv2d_s8_t *p = s->p;
  const uint32_t zero = 0x01010101u * (uint8_t)p->in_zero;
  for (int32_t i = 0; i < 4; ++i, ++column, x0 += p->stride_w) {
    uint32_t *to = column;
    for (int32_t kx = 0, ix = x0; kx < p->kernel_w; ++kx, ix += p->dilation_w, to += (s->group_c >> 2) * TC_FOUR_WORDS)
      if (ix < 0 || ix >= p->in_w)
        for (int32_t k = 0; k < s->group_c >> 2; ++k) tc_put_word(to + k * TC_FOUR_WORDS, zero);
  }
}

/* Four windows of one row of the result, some of which reach into the padding: above, below or, for runs of whole words,
 * left or right. */
TC_NOINLINE static void put_four_any(const windows_t *s, const int8_t *x, int32_t y0, int32_t x0) {
  const tc_conv2d_s8_t *p = s->p;
  const bool left = x0 < 0, right = x0 + 3 * p->stride_w + s->extent > p->in_w; /* reaches beyond the ends of rows */
  uint32_t *column = s->column;
  int8_t *rests = s->rests;
  for (int32_t ky = p->kernel_h; ky > 0; --ky, y0 += p->dilation_h) {
    const int8_t *row = x + (y0 * p->in_w + x0) * p->in_c;
    if (y0 < 0 || y0 >= p->in_h) {
      put_inside(s, column, rests, s->padding, 0, 1);
    } else if (!(left && y0 == 0) && !(right && y0 + 1 == p->in_h)) { /* there stand other rows */
      put_inside(s, column, rests, row, s->next, 1);
      if (left || right) patch(s, column, x0);
    } else {
      for (int32_t i = 0; i < 4; ++i) put_any(s, column + i, x, y0, x0 + i * p->stride_w, 1, TC_FOUR_WORDS);
    }
    column += s->row_words * TC_FOUR_WORDS;
    rests += s->row_rest;
  }
}
#endif

/* All pixels of one group of one image. `first` to `end`: the columns of windows that lie inside left and right. */
static inline void image(const windows_t *s, tc_dense_t *d, const int8_t *x, int8_t *y, int32_t first, int32_t end) {
  const tc_conv2d_s8_t *p = s->p;
  int32_t left = p->out_h * p->out_w, count = 0, y0 = -p->pad_top; /* pixels to come; pixels in the column */
#ifdef TC_FOUR_WORDS
  const int32_t extent = (p->kernel_h - 1) * p->dilation_h + 1;
#else
  (void)first, (void)end;
#endif
  for (int32_t oy = p->out_h; oy > 0; --oy, y0 += p->stride_h) {
    for (int32_t ox = 0; ox < p->out_w; ++ox) {
      const int32_t x0 = ox * p->stride_w - p->pad_left;
#ifdef TC_FOUR_WORDS
      if (left >= 4) {
        const bool inside = ox >= first && ox + 4 <= end;
        if (count == 0 && ox + 4 <= p->out_w && (inside || s->patched)) {
          if (inside && y0 >= 0 && y0 + extent <= p->in_h)
            put_inside(s, s->column, s->rests, x + (y0 * p->in_w + x0) * p->in_c, s->next, p->kernel_h);
          else
            put_four_any(s, x, y0, x0);
          if (s->rest) tc_put_four(s->column_rests, s->rests, s->rest, s->rest >> 2);
          count = 4;
          ox += 3;
        } else {
          put_any(s, s->column + count++, x, y0, x0, p->kernel_h, TC_FOUR_WORDS);
        }
        if (count == 4) {
          tc_dense_four(d, y);
          y += 4 * p->out_c;
          left -= 4;
          count = 0;
        }
        continue;
      }
#endif
      put_any(s, s->column + count++ * d->steps, x, y0, x0, p->kernel_h, 1);
      if (left == 1) put_any(s, s->column + count++ * d->steps, x, y0, x0, p->kernel_h, 1);
      if (count == 2) {
        tc_dense_two(d, y, left == 1 ? 0 : p->out_c);
        y += 2 * p->out_c;
        left -= 2;
        count = 0;
      }
    }
  }
}

static inline void conv(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p, int32_t *scratch) {
  const int32_t group_in = p->in_c / p->groups, group_out = p->out_c / p->groups;
  const int32_t row = p->kernel_w * group_in, steps = (p->kernel_h * row + 3) >> 2;
  const int32_t extent = (p->kernel_w - 1) * p->dilation_w + 1;
  const int32_t first = tc_first_inside(p->pad_left, p->stride_w, p->out_w);
  const int32_t end = tc_end_inside(p->in_w, extent, p->pad_left, p->stride_w, first, p->out_w);
  windows_t s;
  s.p = p;
  s.column = (uint32_t *)scratch;
  s.row = (int8_t *)(s.column + steps * COLUMN_WORDS);
  s.padding = s.row + ((row + 3) & ~3);
  s.rests = s.padding + ((row + 3) & ~3);
  s.runs = tc_runs_of(p->kernel_w, group_in, p->in_c, p->dilation_w);
  s.group_c = group_in;
  s.row_words = s.runs.runs * (s.runs.length >> 2);
  s.row_rest = s.runs.runs * (s.runs.length & 3);
  s.rest = (p->kernel_h * s.row_rest + 3) & ~3;
  s.column_rests = s.column + p->kernel_h * s.row_words * COLUMN_WORDS;
  s.patched = group_in % 4 == 0 && p->pad_left <= p->in_w && (p->out_w - 1) * p->stride_w - p->pad_left + extent <= 2 * p->in_w;
  s.extent = extent;
  s.next = p->stride_w * p->in_c;
  s.pitch = p->dilation_h * p->in_w * p->in_c;
  s.row_size = row;
  fill(s.padding, p->in_zero, row);
  fill(s.rests, 0, COLUMN_PIXELS * s.rest);
  for (int32_t g = 0; g < p->groups; ++g, packed += ((group_out + 1) >> 1) * tc_pair_words(steps)) {
    tc_dense_t d = tc_dense_of(packed, scratch, 4 * steps, group_out, p->out_c, p->out_zero, p->lo, p->hi);
    for (int32_t n = 0; n < p->batch; ++n)
      image(&s, &d, x + n * p->in_h * p->in_w * p->in_c + g * group_in,
            y + n * p->out_h * p->out_w * p->out_c + g * group_out, first, end);
  }
}
