/* int8 convolutions of windows three columns wide at stride 1, two pixels at a time. Their windows span four columns; for
 * the next two pixels, two of them stay. They lie side by side for every four channels, see tc_tile_two_kx3_s8_dsp. */
#define TC_PAIR_TILE(tile) tc_tile_two_kx3_s8_dsp(tile)
#include "tc_conv.h"
#include "tc_dense_dsp.h"
#include "tc_packed_dsp.h"

/* Where windows find their elements: one group of one image. */
typedef struct {
  const tc_conv2d_s8_t *p;
  const int8_t *x;
  uint32_t *column;
  int32_t words;  /* of four channels each */
  uint32_t zeros; /* what stands in the padding, four times */
} windows_t;

/* Of `words` (at least 1) times four columns the last two become the first two. Two new ones follow, at x and `apart` from
 * there. The end of that. */
static inline uint32_t *put_row(uint32_t *to, const int8_t *x, int32_t apart, int32_t words) {
#ifdef TC_TILE_ASM
  uint32_t a, b, c, d;
  __asm__ volatile(
      TC_LINE("1:") TC_LINE("ldr %[a], [%[to], #8]") TC_LINE("ldr %[b], [%[to], #12]")
      TC_LINE("ldr %[d], [%[x], %[apart]]") TC_LINE("ldr %[c], [%[x]], #4")
      TC_LINE("eor %[d], %[d], %[flip]") TC_LINE("eor %[c], %[c], %[flip]")
      TC_LINE("str %[a], [%[to]], #4") TC_LINE("str %[b], [%[to]], #4")
      TC_LINE("str %[c], [%[to]], #4") TC_LINE("str %[d], [%[to]], #4")
      TC_LINE("subs %[words], #1") TC_LINE("bne 1b")
      : [to] "+r"(to), [x] "+r"(x), [words] "+r"(words), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
      : [apart] "r"(apart), [flip] "i"(TC_FLIP)
      : "cc", "memory");
#else
  for (; words > 0; --words, x += 4, to += 4) {
    to[0] = to[2];
    to[1] = to[3];
    to[2] = tc_word_at(x) ^ TC_FLIP;
    to[3] = tc_word_at(x + apart) ^ TC_FLIP;
  }
#endif
  return to;
}

/* The same where one of the two columns, or none, is inside the image. */
TC_NOINLINE static uint32_t *put_edge(const windows_t *s, uint32_t *to, const int8_t *x, bool first, bool second) {
  const int8_t *z = x + s->p->in_c;
  for (int32_t k = s->words; k > 0; --k, x += 4, z += 4, to += 4) {
    to[0] = to[2];
    to[1] = to[3];
    to[2] = (first ? tc_word_at(x) : s->zeros) ^ TC_FLIP;
    to[3] = (second ? tc_word_at(z) : s->zeros) ^ TC_FLIP;
  }
  return to;
}

/* Two more columns, the first of them at y0, x0. */
TC_NOINLINE static void put_columns(const windows_t *s, int32_t y0, int32_t x0) {
  const tc_conv2d_s8_t *p = s->p;
  const int32_t apart = p->in_c, below = p->dilation_h, pitch = below * p->in_w * apart;
  const bool first = x0 >= 0 && x0 < p->in_w, second = x0 >= -1 && x0 + 1 < p->in_w;
  const int8_t *from = s->x + (y0 * p->in_w + x0) * apart;
  uint32_t *to = s->column;
  for (int32_t ky = p->kernel_h; ky > 0; --ky, y0 += below, from += pitch) {
    const bool row = y0 >= 0 && y0 < p->in_h;
    if (row && first && second)
      to = put_row(to, from, apart, s->words);
    else
      to = put_edge(s, to, from, row && first, row && second);
  }
}

/* All pixels of one group of one image. */
static inline void image(const windows_t *s, const tc_dense_t *d, int8_t *y) {
  const tc_conv2d_s8_t *p = s->p;
  tc_tile_t tile = d->tile;
  for (int32_t oy = 0, y0 = -p->pad_top; oy < p->out_h; ++oy, y0 += p->stride_h) {
    int32_t x0 = -p->pad_left;
    put_columns(s, y0, x0);
    for (int32_t left = p->out_w; left > 0; left -= 2) {
      const int32_t pixels = tc_min_s32(left, 2);
      x0 += 2;
      put_columns(s, y0, x0);
      tile.y = y;
      tile.y_step = pixels > 1 ? p->out_c : 0;
      if (d->channels > 1) tc_pair_tile(&tile);
      if (!d->plain) tc_dense_finish(d, &tile, pixels, tc_pair_tile);
      y += pixels * p->out_c;
    }
  }
}

void tc_conv2d_kx3_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p, int32_t *scratch) {
  const int32_t group_in = p->in_c / p->groups, group_out = p->out_c / p->groups;
  const int32_t depth = p->kernel_h * 3 * group_in, size = p->kernel_h * group_in; /* words of four columns */
  windows_t s;
  s.p = p;
  s.column = (uint32_t *)scratch;
  s.words = group_in >> 2;
  s.zeros = 0x01010101u * (uint8_t)p->in_zero;
  for (int32_t k = 0; k < size; ++k) s.column[k] = s.zeros; /* what stands there is moved ahead of the first columns */
  for (int32_t g = 0; g < p->groups; ++g, packed += ((group_out + 1) >> 1) * tc_pair_words(depth >> 2)) {
    tc_dense_t d = tc_dense_of(packed, scratch, depth, group_out, p->out_c, p->out_zero, p->lo, p->hi);
    d.tile.column_end = s.column + size;
    for (int32_t n = 0; n < p->batch; ++n) {
      s.x = x + n * p->in_h * p->in_w * p->in_c + g * group_in;
      image(&s, &d, y + n * p->out_h * p->out_w * p->out_c + g * group_out);
    }
  }
}
