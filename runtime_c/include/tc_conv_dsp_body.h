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
#define COLUMN_WORDS TC_TWO_WORDS
#define COLUMN_PIXELS 1 /* a window is finished before the next one */
#endif

/* Where windows find their elements, and what stands in the scratch behind the column. */
typedef struct {
  const tc_conv2d_s8_t *p;
  uint32_t *column;
  int8_t *row;   /* one row of a window that touches the padding */
  int8_t *rests; /* last elements of runs, `rest` bytes for each pixel */
  tc_runs_t runs;
  int32_t group_c, rest, extent;
  int32_t next, pitch; /* elements from window to window, and from row to row of a window */
} windows_t;

/* The row of a window, tap by tap; `row` is where tap 0 of column 0 would be, null in the padding. */
TC_NOINLINE static void border_row(const windows_t *s, const int8_t *row, int32_t x0) {
  const tc_conv2d_s8_t *p = s->p;
  int8_t *to = s->row;
  for (int32_t kx = p->kernel_w; kx > 0; --kx, x0 += p->dilation_w) {
    int32_t count = s->group_c;
    if (row && x0 >= 0 && x0 < p->in_w) {
      const int8_t *from = row + x0 * p->in_c;
      for (; count >= 4; count -= 4, to += 4, from += 4) TC_MEMCPY(to, from, 4);
      for (; count > 0; --count) *to++ = *from++;
    } else {
      for (; count > 0; --count) *to++ = (int8_t)p->in_zero;
    }
  }
}

/* `words` words of one pixel of a column for TC_FOUR_WORDS or TC_TWO_WORDS. */
TC_NOINLINE static void put_one(uint32_t *column, const int8_t *x, int32_t words, int32_t column_words) {
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

/* Any window as a pixel of a column; y0, x0 are the (possibly negative) coordinates of tap (0, 0). x starts at the first
 * channel of the group. */
TC_NOINLINE static void put_any(const windows_t *s, uint32_t *column, const int8_t *x, int32_t y0, int32_t x0,
                                int32_t column_words) {
  const tc_conv2d_s8_t *p = s->p;
  const bool inside = x0 >= 0 && x0 + s->extent <= p->in_w;
  const int32_t words = s->runs.length >> 2, last = s->runs.length & 3, row_bytes = p->in_w * p->in_c;
  int8_t *rests = s->rests;
  for (int32_t ky = p->kernel_h; ky > 0; --ky, y0 += p->dilation_h) {
    const int8_t *row = y0 >= 0 && y0 < p->in_h ? x + y0 * row_bytes : NULL, *from = s->row;
    int32_t apart = s->runs.length;
    if (inside && row) {
      from = row + x0 * p->in_c;
      apart = s->runs.step;
    } else {
      border_row(s, row, x0);
    }
    for (int32_t run = s->runs.runs; run > 0; --run, from += apart, column += words * column_words) {
      put_one(column, from, words, column_words);
      for (int32_t k = 0; k < last; ++k) *rests++ = from[4 * words + k];
    }
  }
  put_one(column, s->rests, s->rest >> 2, column_words);
}

#ifdef TC_FOUR_WORDS
/* Four windows inside the image as a column; x is the first element of the first one. */
TC_NOINLINE static void put_inside(const windows_t *s, const int8_t *x) {
  const int32_t words = s->runs.length >> 2, last = s->runs.length & 3, next = s->next;
  uint32_t *column = s->column;
  int8_t *rests = s->rests;
  for (int32_t ky = s->p->kernel_h; ky > 0; --ky, x += s->pitch) {
    const int8_t *from = x;
    for (int32_t run = s->runs.runs; run > 0; --run, from += s->runs.step) {
      if (words) column = tc_put_four(column, from, next, words);
      for (int32_t k = 0; k < last; ++k) tc_copy_four(rests++, s->rest, from + 4 * words + k, next);
    }
  }
  if (last) tc_put_four(column, s->rests, s->rest, s->rest >> 2);
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
        if (count == 0 && ox >= first && ox + 4 <= end && y0 >= 0 && y0 + extent <= p->in_h) {
          put_inside(s, x + (y0 * p->in_w + x0) * p->in_c);
          count = 4;
          ox += 3;
        } else {
          put_any(s, s->column + count++, x, y0, x0, TC_FOUR_WORDS);
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
      put_any(s, s->column + count++, x, y0, x0, TC_TWO_WORDS);
      if (left == 1) put_any(s, s->column + count++, x, y0, x0, TC_TWO_WORDS);
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
  s.rests = s.row + ((row + 3) & ~3);
  s.runs = tc_runs_of(p->kernel_w, group_in, p->in_c, p->dilation_w);
  s.group_c = group_in;
  s.rest = (p->kernel_h * s.runs.runs * (s.runs.length & 3) + 3) & ~3;
  s.extent = extent;
  s.next = p->stride_w * p->in_c;
  s.pitch = p->dilation_h * p->in_w * p->in_c;
  for (int32_t i = 0; i < COLUMN_PIXELS * s.rest; ++i) s.rests[i] = 0;
  for (int32_t g = 0; g < p->groups; ++g, packed += ((group_out + 1) >> 1) * tc_pair_words(steps)) {
    tc_dense_t d = tc_dense_of(packed, scratch, 4 * steps, group_out, p->out_c, p->out_zero, p->lo, p->hi);
    for (int32_t n = 0; n < p->batch; ++n)
      image(&s, &d, x + n * p->in_h * p->in_w * p->in_c + g * group_in,
            y + n * p->out_h * p->out_w * p->out_c + g * group_out, first, end);
  }
}
