/* Any int8 convolution with constant filters, two pixels at a time: little scratch and code. Where taps are whole words,
 * the columns of a window stand one after the other, so that a window that begins further to the right is the same bytes
 * from there on: only columns that are new are put down. Other windows are put down one by one, row by row. */
#define TC_PAIR_TILE(tile) tc_tile_two_s8_dsp(tile)
#include "tc_conv.h"
#include "tc_dense_dsp.h"
#include "tc_packed_dsp.h"

/* Where windows find their elements: one group of one image. */
typedef struct {
  const tc_conv2d_s8_t *p;
  const int8_t *x;
  int32_t size;   /* channels of a tap */
  uint32_t zeros; /* what stands in the padding, four times */
  int32_t pitch;  /* elements from row to row of a window */
  bool joined;    /* the taps of a row follow one another */
  uint32_t high, wide; /* windows of joined taps lie inside that begin within so many rows and columns */
} windows_t;

#ifdef __OPTIMIZE_SIZE__
#define IN_FOURS(text)
#else
#define IN_FOURS(text) text
#endif

/* 4 * `words` (at least 1) activations; the end of where they go. */
static inline uint32_t *put_words(uint32_t *to, const int8_t *x, int32_t words) {
#ifdef TC_TILE_ASM
  uint32_t a, b, c, d;
  __asm__ volatile(
      IN_FOURS(TC_LINE("subs %[words], #4") TC_LINE("bmi 2f")
      TC_LINE("1:") TC_LINE("ldr %[b], [%[x], #4]") TC_LINE("ldr %[c], [%[x], #8]") TC_LINE("ldr %[d], [%[x], #12]")
      TC_LINE("ldr %[a], [%[x]], #16")
      TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("eor %[b], %[b], %[flip]")
      TC_LINE("eor %[c], %[c], %[flip]") TC_LINE("eor %[d], %[d], %[flip]")
      TC_LINE("str %[a], [%[to]], #4") TC_LINE("str %[b], [%[to]], #4")
      TC_LINE("str %[c], [%[to]], #4") TC_LINE("str %[d], [%[to]], #4")
      TC_LINE("subs %[words], #4") TC_LINE("bpl 1b")
      TC_LINE("2:") TC_LINE("adds %[words], #4") TC_LINE("beq 4f"))
      TC_LINE("3:") TC_LINE("ldr %[a], [%[x]], #4") TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("str %[a], [%[to]], #4")
      TC_LINE("subs %[words], #1") TC_LINE("bne 3b")
      TC_LINE("4:")
      : [to] "+r"(to), [x] "+r"(x), [words] "+r"(words), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
      : [flip] "i"(TC_FLIP)
      : "cc", "memory");
#else
  for (; words > 0; --words, x += 4) *to++ = tc_word_at(x) ^ TC_FLIP;
#endif
  return to;
}

/* `count` columns, the first of them from y0, x0 on, for taps of whole words. */
TC_NOINLINE static uint32_t *put_columns(const windows_t *s, uint32_t *to, int32_t y0, int32_t x0, int32_t count) {
  const tc_conv2d_s8_t *p = s->p;
  const int32_t words = s->size >> 2, below = p->dilation_h, pitch = s->pitch;
  const uint32_t rows = (uint32_t)p->in_h;
  for (; count > 0; --count, x0 += p->dilation_w) {
    const uint32_t height = x0 >= 0 && x0 < p->in_w ? rows : 0;
    const int8_t *from = s->x + (y0 * p->in_w + x0) * p->in_c;
    for (int32_t ky = p->kernel_h, y = y0; ky > 0; --ky, y += below, from += pitch) {
      if ((uint32_t)y < height) /* within the image */
        to = put_words(to, from, words);
      else
        for (int32_t k = words; k > 0; --k) *to++ = s->zeros ^ TC_FLIP;
    }
  }
  return to;
}

/* `rows` (at least 1) times `length` (at least 4) activations, `pitch` apart; the last ones as a word that overlaps.
 * `flip` says which are even, `next` is what changes it behind a row. */
static inline void put_long_rows(int8_t *to, const int8_t *x, int32_t length, int32_t pitch, int32_t rows, uint32_t flip,
                                 uint32_t next) {
  const int32_t back = ((length + 3) & 3) - 3; /* to where that word begins, 0 where there is none */
#ifdef TC_TILE_ASM
  int32_t left;
  uint32_t a;
  __asm__ volatile(
      TC_LINE("1:") TC_LINE("mov %[left], %[whole]")
      TC_LINE("2:") TC_LINE("ldr %[a], [%[x]], #4") TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("str %[a], [%[to]], #4")
      TC_LINE("subs %[left], #1") TC_LINE("bne 2b")
      TC_LINE("eor %[flip], %[flip], %[next]") TC_LINE("cmp %[back], #0") TC_LINE("beq 3f")
      TC_LINE("add %[x], %[x], %[back]") TC_LINE("add %[to], %[to], %[back]")
      TC_LINE("ldr %[a], [%[x]], #4") TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("str %[a], [%[to]], #4")
      TC_LINE("3:") TC_LINE("add %[x], %[x], %[skip]") TC_LINE("subs %[rows], #1") TC_LINE("bne 1b")
      : [to] "+r"(to), [x] "+r"(x), [rows] "+r"(rows), [flip] "+r"(flip), [left] "=&r"(left), [a] "=&r"(a)
      : [whole] "r"(length >> 2), [back] "r"(back), [skip] "r"(pitch - length), [next] "r"(next)
      : "cc", "memory");
#else
  for (; rows > 0; --rows, x += pitch, to += length, flip ^= next) {
    uint32_t word;
    for (int32_t k = 0; k + 4 <= length; k += 4) {
      word = tc_word_at(x + k) ^ flip;
      TC_MEMCPY(to + k, &word, sizeof(word));
    }
    word = tc_word_at(x + length - 4) ^ (back ? flip ^ next : flip);
    TC_MEMCPY(to + length - 4, &word, sizeof(word));
  }
#endif
}

/* `rows` times `length` activations, `pitch` apart. Even ones have even addresses where they go. */
TC_NOINLINE static void put_rows(int8_t *to, const int8_t *x, int32_t length, int32_t pitch, int32_t rows) {
  uint32_t flip = (uintptr_t)to & 1 ? TC_FLIP << 8 : TC_FLIP;
  const uint32_t next = length & 1 ? TC_FLIP | TC_FLIP << 8 : 0; /* from even to odd or back */
  if (length >= 4 && rows > 0) {
    put_long_rows(to, x, length, pitch, rows, flip, next);
    return;
  }
  for (; rows > 0; --rows, x += pitch, flip ^= next)
    for (int32_t k = 0; k < length; ++k, ++to) *to = (int8_t)(uint8_t)((uint8_t)x[k] ^ (flip >> (k * 8)));
}

/* A window that may reach into the padding: first as if all of it did, then the taps that lie inside. */
TC_NOINLINE static void put_edge(const windows_t *s, uint32_t *column, int32_t y0, int32_t x0, int32_t steps) {
  const tc_conv2d_s8_t *p = s->p;
  const int32_t size = s->size, dilation = p->dilation_w, apart = dilation * p->in_c;
  int32_t first = 0, end = p->kernel_w;
  while (first < end && x0 + first * dilation < 0) ++first;
  while (end > first && x0 + (end - 1) * dilation >= p->in_w) --end;
  const int8_t *row = s->x + (y0 * p->in_w + x0) * p->in_c + first * apart;
  int8_t *to = (int8_t *)column + first * size;
  for (int32_t k = 0; k < steps; ++k) column[k] = s->zeros ^ TC_FLIP;
  for (int32_t ky = p->kernel_h; ky > 0; --ky, y0 += p->dilation_h, row += s->pitch, to += p->kernel_w * size) {
    if (y0 < 0 || y0 >= p->in_h) continue;
    if (s->joined)
      put_rows(to, row, (end - first) * size, 0, 1);
    else
      put_rows(to, row, size, apart, end - first);
  }
}

/* A window of taps that are no whole words, filled up to words; the end of it. */
static inline uint32_t *put_window(const windows_t *s, uint32_t *to, int32_t y0, int32_t x0, int32_t steps) {
  const tc_conv2d_s8_t *p = s->p;
  if ((uint32_t)y0 < s->high && (uint32_t)x0 < s->wide) {
    to[steps - 1] = 0;
    put_rows((int8_t *)to, s->x + (y0 * p->in_w + x0) * p->in_c, p->kernel_w * s->size, s->pitch, p->kernel_h);
  } else {
    put_edge(s, to, y0, x0, steps);
  }
  return to + steps;
}

/* The last columns of a window become the first ones of another. */
static inline uint32_t *move(uint32_t *to, const uint32_t *from, int32_t words) {
#ifndef __OPTIMIZE_SIZE__
  for (; words >= 4; words -= 4, to += 4, from += 4) {
    const uint32_t a = from[0], b = from[1], c = from[2], d = from[3];
    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
  }
#endif
  for (; words > 0; --words) *to++ = *from++;
  return to;
}

/* All pixels of one group of one image. */
static inline void image(const windows_t *s, const tc_dense_t *d, int8_t *y) {
  const tc_conv2d_s8_t *p = s->p;
  const bool words = (s->size & 3) == 0;
  const bool joined = words && p->dilation_w == 1 && p->stride_w <= p->kernel_w; /* windows share columns */
  const int32_t shared = joined ? p->kernel_w - p->stride_w : 0, column = p->kernel_h * s->size >> 2; /* in words */
  const int32_t apart = d->steps - shared * column;
  tc_tile_t tile = d->tile;
  tile.column_end = d->column + d->steps;
  for (int32_t oy = 0, y0 = -p->pad_top; oy < p->out_h; ++oy, y0 += p->stride_h) {
    int32_t x0 = -p->pad_left;
    uint32_t *to = put_columns(s, d->column, y0, x0, shared);
    for (int32_t left = p->out_w; left > 0; left -= 2) {
      const int32_t pixels = tc_min_s32(left, 2);
      if (joined) (void)put_columns(s, to, y0, x0 + shared, pixels * p->stride_w);
      for (int32_t i = 0; i < pixels; ++i, x0 += p->stride_w)
        if (!joined) to = words ? put_columns(s, to, y0, x0, p->kernel_w) : put_window(s, to, y0, x0, d->steps);
      tile.y = y;
      tile.y_step = pixels > 1 ? p->out_c : 0; /* a last pixel is computed twice */
      tile.apart = pixels > 1 ? 4 * apart : 0;
      if (d->channels > 1) tc_pair_tile(&tile);
      if (!d->plain) tc_dense_finish(d, &tile, 2, tc_pair_tile);
      y += pixels * p->out_c;
      to = move(d->column, d->column + 2 * apart, shared * column);
    }
  }
}

void tc_conv2d_small_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                            int32_t *scratch) {
  const int32_t group_in = p->in_c / p->groups, group_out = p->out_c / p->groups;
  const int32_t depth = p->kernel_h * p->kernel_w * group_in;
  windows_t s;
  s.p = p;
  s.size = group_in;
  s.zeros = 0x01010101u * (uint8_t)p->in_zero;
  s.pitch = p->dilation_h * p->in_w * p->in_c;
  s.joined = group_in == p->dilation_w * p->in_c;
  s.high = (uint32_t)tc_max_s32(0, p->in_h - (p->kernel_h - 1) * p->dilation_h);
  s.wide = s.joined ? (uint32_t)tc_max_s32(0, p->in_w - (p->kernel_w - 1) * p->dilation_w) : 0;
  for (int32_t g = 0; g < p->groups; ++g, packed += ((group_out + 1) >> 1) * tc_pair_words((depth + 3) >> 2)) {
    const tc_dense_t d = tc_dense_of(packed, scratch, depth, group_out, p->out_c, p->out_zero, p->lo, p->hi);
    for (int32_t n = 0; n < p->batch; ++n) {
      s.x = x + n * p->in_h * p->in_w * p->in_c + g * group_in;
      image(&s, &d, y + n * p->out_h * p->out_w * p->out_c + g * group_out);
    }
  }
}
