/* What the kernels around tc_tile_dsp.h share: columns of pixels, and all output channels of a column.
 * TC_PAIR_TILE(tile) is the tile of two pixels; TC_FLIP, if defined ahead, what is taken off the activations. */
#ifndef TC_DENSE_DSP_H
#define TC_DENSE_DSP_H

#include "tc_scale_s8.h"
#include "tc_tile_code_dsp.h"

#ifndef TC_FLIP
#define TC_FLIP TC_FLIP_EVEN
#endif

/* One dense product: pixels of `steps` times four weights, zero-padded, into `channels`. The tile has all but y and
 * the end of the column, and covers the even part of the channels. */
typedef struct {
  tc_tile_t tile;
  uint32_t *column;
  int32_t steps, channels, lo, hi;
  bool clamped; /* more narrowly than int8 */
  bool plain;   /* an even number of channels, not clamped */
} tc_dense_t;

/* Words of packed weights of two channels. */
static inline int32_t tc_pair_words(int32_t steps) { return 2 * steps + 6; }

static inline tc_dense_t tc_dense_of(const int32_t *packed, int32_t *scratch, int32_t depth, int32_t channels,
                                     int32_t y_step, int32_t out_zero, int32_t lo, int32_t hi) {
  const int32_t steps = (depth + 3) >> 2;
  tc_dense_t d;
  d.column = (uint32_t *)scratch;
  d.steps = steps;
  d.channels = channels;
  d.lo = lo;
  d.hi = hi;
  d.clamped = lo > -128 || hi < 127;
  d.plain = !(channels & 1) && !d.clamped;
  d.tile.packed = packed;
  d.tile.column = d.column;
  d.tile.column_end = NULL;
  d.tile.y = NULL;
  d.tile.y_step = y_step;
  d.tile.zero = 2 * out_zero + 1;
  d.tile.end = packed + (channels >> 1) * tc_pair_words(steps);
  d.tile.apart = 0;
  return d;
}

static inline uint32_t tc_word_at(const int8_t *x) {
  uint32_t word;
  TC_MEMCPY(&word, x, sizeof(word));
  return word;
}

/* Up to three bytes as a word. */
static inline uint32_t tc_word_of_bytes(const int8_t *x, int32_t count) {
  uint32_t word = 0;
  for (int32_t i = 0; i < count; ++i) word |= (uint32_t)(uint8_t)x[i] << (8 * i);
  return word;
}

/* 4 * `steps` activations of one of two pixels, whose columns lie apart. */
static inline void tc_put_one_of_two(uint32_t *column, const int8_t *x, int32_t steps) {
#ifdef TC_TILE_ASM
  uint32_t a, b;
  __asm__ volatile(
      TC_LINE("lsrs %[steps], %[steps], #1") TC_LINE("bcc 1f")
      TC_LINE("ldr %[a], [%[x]], #4") TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("str %[a], [%[to]], #4")
      TC_LINE("1:") TC_LINE("cmp %[steps], #0") TC_LINE("beq 3f")
      TC_LINE("2:") TC_LINE("ldr %[a], [%[x]], #4") TC_LINE("ldr %[b], [%[x]], #4")
      TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("eor %[b], %[b], %[flip]")
      TC_LINE("str %[a], [%[to]], #4") TC_LINE("str %[b], [%[to]], #4")
      TC_LINE("subs %[steps], #1") TC_LINE("bne 2b")
      TC_LINE("3:")
      : [to] "+r"(column), [x] "+r"(x), [steps] "+r"(steps), [a] "=&r"(a), [b] "=&r"(b)
      : [flip] "i"(TC_FLIP)
      : "cc", "memory");
#else
  for (; steps > 0; --steps, x += 4, ++column) column[0] = tc_word_at(x) ^ TC_FLIP;
#endif
}

typedef void (*tc_tile_run_t)(const tc_tile_t *tile);

/* What is left to do behind the even channels of a tile: the odd channel, and the clamp. */
TC_NOINLINE static void tc_dense_finish(const tc_dense_t *d, const tc_tile_t *done, int32_t pixels, tc_tile_run_t run) {
  tc_tile_t tile = *done;
  int8_t *y = done->y;
  if (d->channels & 1) { /* its results and those of its partner, which is none, go elsewhere first */
    int8_t last[8];
    tile.packed = done->end;
    tile.end = done->end + tc_pair_words(d->steps);
    tile.y = last;
    tile.y_step = 2;
    run(&tile);
    for (int32_t i = 0; i < pixels; ++i) y[i * done->y_step + d->channels - 1] = last[2 * i];
  }
  for (int32_t i = 0; d->clamped && i < pixels; ++i, y += done->y_step)
    for (int32_t c = 0; c < d->channels; ++c) y[c] = (int8_t)tc_clamp_s32(y[c], d->lo, d->hi);
}

static void tc_pair_tile(const tc_tile_t *tile) { TC_PAIR_TILE(tile); }

/* Two pixels whose columns follow one another; y_step is 0 where they are the same one. */
static inline void tc_dense_two(const tc_dense_t *d, int8_t *y, int32_t y_step) {
  tc_tile_t tile = d->tile;
  tile.y = y;
  tile.y_step = y_step;
  tile.column_end = d->column + d->steps;
  tile.apart = 4 * d->steps;
  if (d->channels > 1) tc_pair_tile(&tile);
  if (!d->plain) tc_dense_finish(d, &tile, 2, tc_pair_tile);
}

#endif
