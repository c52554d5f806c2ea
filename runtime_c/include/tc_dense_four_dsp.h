/* Columns of four pixels. */
#ifndef TC_DENSE_FOUR_DSP_H
#define TC_DENSE_FOUR_DSP_H

#include "tc_dense_dsp.h"

/* Words of a column of four pixels for every four weights. */
#define TC_FOUR_WORDS 8

/* Four activations of one of four pixels. */
static inline void tc_put_word(uint32_t *column, uint32_t word) {
  const uint32_t v = word ^ TC_FLIP;
  uint32_t u;
#ifdef TC_TILE_ASM
  __asm__("bic %0, %1, %2" : "=r"(u) : "r"(TC_EVEN_BYTES), "r"(v)); /* compilers make two instructions of it */
#else
  u = TC_EVEN_BYTES & ~v;
#endif
  column[0] = u;
  column[4] = v;
}

/* 4 * `steps` activations of one of four pixels. */
static inline void tc_put_one_of_four(uint32_t *column, const int8_t *x, int32_t steps) {
#ifdef TC_TILE_ASM
  uint32_t a, b;
  __asm__ volatile(
      TC_LINE("lsrs %[steps], %[steps], #1") TC_LINE("bcc 1f")
      TC_LINE("ldr %[a], [%[x]], #4") TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("str %[a], [%[to], #16]")
      TC_LINE("bic %[a], %[mask], %[a]") TC_LINE("str %[a], [%[to]], #32")
      TC_LINE("1:") TC_LINE("cmp %[steps], #0") TC_LINE("beq 3f")
      TC_LINE("2:") TC_LINE("ldr %[a], [%[x]], #4") TC_LINE("ldr %[b], [%[x]], #4")
      TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("eor %[b], %[b], %[flip]")
      TC_LINE("str %[a], [%[to], #16]") TC_LINE("str %[b], [%[to], #48]")
      TC_LINE("bic %[a], %[mask], %[a]") TC_LINE("bic %[b], %[mask], %[b]")
      TC_LINE("str %[a], [%[to]], #32") TC_LINE("str %[b], [%[to]], #32")
      TC_LINE("subs %[steps], #1") TC_LINE("bne 2b")
      TC_LINE("3:")
      : [to] "+r"(column), [x] "+r"(x), [steps] "+r"(steps), [a] "=&r"(a), [b] "=&r"(b)
      : [mask] "r"(TC_EVEN_BYTES), [flip] "i"(TC_FLIP)
      : "cc", "memory");
#else
  for (; steps > 0; --steps, x += 4, column += TC_FOUR_WORDS) tc_put_word(column, tc_word_at(x));
#endif
}

/* 4 * `steps` (at least 1) activations of all four pixels, which are `next` elements apart; the end of that. */
static inline uint32_t *tc_put_four(uint32_t *column, const int8_t *x, int32_t next, int32_t steps) {
  uint32_t *const end = column + steps * TC_FOUR_WORDS;
#ifdef TC_TILE_ASM
  uint32_t a, b, c, d;
  __asm__ volatile(
      TC_LINE("1:")
      TC_LINE("ldr %[a], [%[x]]") TC_LINE("ldr %[b], [%[x], %[next]]")
      TC_LINE("ldr %[c], [%[x], %[next], lsl #1]") TC_LINE("ldr %[d], [%[x], %[next3]]") TC_LINE("add %[x], #4")
      TC_LINE("eor %[a], %[a], %[flip]") TC_LINE("eor %[b], %[b], %[flip]")
      TC_LINE("eor %[c], %[c], %[flip]") TC_LINE("eor %[d], %[d], %[flip]")
      TC_LINE("str %[a], [%[to], #16]") TC_LINE("str %[b], [%[to], #20]")
      TC_LINE("str %[c], [%[to], #24]") TC_LINE("str %[d], [%[to], #28]")
      TC_LINE("bic %[a], %[mask], %[a]") TC_LINE("bic %[b], %[mask], %[b]")
      TC_LINE("bic %[c], %[mask], %[c]") TC_LINE("bic %[d], %[mask], %[d]")
      TC_LINE("str %[a], [%[to]], #4") TC_LINE("str %[b], [%[to]], #4")
      TC_LINE("str %[c], [%[to]], #4") TC_LINE("str %[d], [%[to]], #20")
      TC_LINE("cmp %[to], %[end]") TC_LINE("bne 1b")
      : [to] "+r"(column), [x] "+r"(x), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
      : [end] "r"(end), [next] "r"(next), [next3] "r"(3 * next), [mask] "r"(TC_EVEN_BYTES), [flip] "i"(TC_FLIP)
      : "cc", "memory");
#else
  for (; column != end; column += TC_FOUR_WORDS, x += 4)
    for (int32_t i = 0; i < 4; ++i) tc_put_word(column + i, tc_word_at(x + i * next));
#endif
  return end;
}

/* One byte of each of four pixels, `next` elements apart, to places `step` bytes apart. */
static inline void tc_copy_four(int8_t *to, int32_t step, const int8_t *x, int32_t next) {
#ifdef TC_TILE_ASM
  uint32_t a, b, c, d;
  __asm__ volatile(
      TC_LINE("ldrb %[a], [%[x]]") TC_LINE("ldrb %[b], [%[x], %[next]]")
      TC_LINE("ldrb %[c], [%[x], %[next], lsl #1]") TC_LINE("ldrb %[d], [%[x], %[next3]]")
      TC_LINE("strb %[a], [%[to]]") TC_LINE("strb %[b], [%[to], %[step]]")
      TC_LINE("strb %[c], [%[to], %[step], lsl #1]") TC_LINE("strb %[d], [%[to], %[step3]]")
      : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
      : [to] "r"(to), [x] "r"(x), [next] "r"(next), [next3] "r"(3 * next), [step] "r"(step), [step3] "r"(3 * step)
      : "memory");
#else
  for (int32_t i = 0; i < 4; ++i) to[i * step] = x[i * next];
#endif
}

/* The four pixels of the column. */
static inline void tc_dense_four(tc_dense_t *d, int8_t *y) {
  d->tile.y = y;
  d->tile.column_end = d->column + d->steps * TC_FOUR_WORDS;
  if (d->channels > 1) tc_tile_four_s8_dsp(&d->tile);
  if (!d->plain) tc_dense_finish(d, &d->tile, 4, tc_tile_four_s8_dsp);
}

#endif
