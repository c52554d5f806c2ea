/* int8 depthwise 3x3 convolution with the DSP extension, channel by channel: for large planes at stride 1 along them.
 *
 * Strips of lines are widened once into `scratch`, four channels at a time: word [line][pair][channel] holds two
 * neighbouring pixels of one channel as int16, padding as the zero point. Then each channel in turn is convolved along its
 * lines. The strips of an image keep the lines that they share, so that a result may overwrite the operand pixel by
 * pixel. Lines are the rows of the image, or its columns.
 *
 * Filters as in tc_depthwise_s8_dsp.h, but per channel: for each line {t0, t1}, {t1, t2}; bias; multiplier. */
#ifndef TC_DEPTHWISE_PLANAR_DSP_H
#define TC_DEPTHWISE_PLANAR_DSP_H

#include "tc_conv.h"
#include "tc_dsp.h"
#include "tc_scale_s8.h"

/* Channels that are widened together: words between neighbouring pairs of a channel. */
#define TC_LANES 4
/* Words of a filter. */
#define TC_PLANAR_WORDS 8

/* How a strip lies: `pairs` words per line and channel, of which those in first..end - 1 need no padding; bytes from pixel
 * to pixel of a line, and from line to line, in the operand and in the result. */
typedef struct {
  int32_t pairs, first, end, rounding;
  uint32_t zeros; /* the zero point four times */
  int32_t in_pixel, in_line, out_pixel, out_line;
} tc_strip_t;

/* Two pixels of four channels each to a word per channel. */
static inline void tc_widen_pair(uint32_t *to, uint32_t left, uint32_t right) {
  const uint32_t low = tc_low_halves(left, right), high = tc_high_halves(left, right);
  to[0] = tc_sxtb16(low), to[1] = tc_sxtb16_odd(low), to[2] = tc_sxtb16(high), to[3] = tc_sxtb16_odd(high);
}

/* Neighbouring pixels that lie inside, from x on; `step` bytes apart. */
static inline void tc_widen_inside(const int8_t *x, uint32_t *to, const uint32_t *end, int32_t step) {
#ifdef TC_DSP_ASSEMBLY
#define TC_TWO_WIDENED(a, b, i, j, k, l)                                                                   \
  "pkhbt %[t], %[" a "], %[" b "], lsl #16\n\tpkhtb %[a], %[" b "], %[" a "], asr #16\n\t"                 \
  "sxtb16 %[b], %[t], ror #8\n\tsxtb16 %[t], %[t]\n\tstr %[b], [%[to], #" #j "]\n\tstr %[t], [%[to], #" #i "]\n\t" \
  "sxtb16 %[b], %[a], ror #8\n\tsxtb16 %[a], %[a]\n\tstr %[b], [%[to], #" #l "]\n\tstr %[a], [%[to], #" #k "]\n\t"
  if (end - to >= 2 * TC_LANES) {
    const uint32_t *const last = end - 2 * TC_LANES;
    uint32_t a, b, c, d, t;
    __asm__ volatile(
        "1:\n\tldr %[a], [%[x]]\n\tldr %[b], [%[x], %[step]]\n\t"
        "ldr %[c], [%[x], %[step], lsl #1]\n\tldr %[d], [%[x], %[thrice]]\n\tadd %[x], %[x], %[step], lsl #2\n\t"
        TC_TWO_WIDENED("a", "b", 0, 4, 8, 12) TC_TWO_WIDENED("c", "d", 16, 20, 24, 28)
        "add %[to], %[to], #32\n\tcmp %[to], %[last]\n\tbls 1b"
        : [x] "+&r"(x), [to] "+&r"(to), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [t] "=&r"(t)
        : [step] "r"(step), [thrice] "r"(3 * step), [last] "r"(last)
        : "cc", "memory");
  }
#endif
  for (; to < end; to += TC_LANES, x += 2 * step) tc_widen_pair(to, tc_load_word(x), tc_load_word(x + step));
}

/* Pairs of which any pixel may lie in the padding. */
static inline void tc_widen_border(const int8_t *line, uint32_t *to, int32_t from, int32_t end, const tc_strip_t *strip,
                                   const tc_conv2d_s8_t *p) {
  const uint32_t width = (uint32_t)p->in_w;
  int32_t at = 2 * from - p->pad_left;
  for (to += from * TC_LANES; from < end; ++from, at += 2, to += TC_LANES) {
    uint32_t left = strip->zeros, right = strip->zeros;
    if ((uint32_t)at < width) left = tc_load_word(line + at * strip->in_pixel);
    if ((uint32_t)(at + 1) < width) right = tc_load_word(line + (at + 1) * strip->in_pixel);
    tc_widen_pair(to, left, right);
  }
}

/* A line of the operand. */
static inline void tc_widen_line(const int8_t *line, uint32_t *to, const tc_strip_t *strip, const tc_conv2d_s8_t *p) {
  tc_widen_border(line, to, 0, strip->first, strip, p);
  if (strip->first < strip->end)
    tc_widen_inside(line + (2 * strip->first - p->pad_left) * strip->in_pixel, to + strip->first * TC_LANES,
                    to + strip->end * TC_LANES, strip->in_pixel);
  tc_widen_border(line, to, strip->end, strip->pairs, strip, p);
}

/* A line of padding. */
static inline void tc_widen_zeros(uint32_t *to, const tc_strip_t *strip) {
  const uint32_t zeros = tc_sxtb16(strip->zeros), *const end = to + strip->pairs * TC_LANES;
  for (; to != end; to += TC_LANES) to[0] = zeros, to[1] = zeros, to[2] = zeros, to[3] = zeros;
}

/* Moves widened pairs down by `by` words. */
static inline void tc_keep_pairs(uint32_t *to, int32_t by, int32_t pairs) {
  for (; pairs > 0; --pairs, to += TC_LANES) {
    const uint32_t a = to[by], b = to[by + 1], c = to[by + 2], d = to[by + 3];
    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
  }
}

/* The results of the lines of a channel by fours, as many as are a multiple of two: the last four of a line may overlap those
 * before. The assembly knows the order of the fields. */
typedef struct {
  int32_t results, end, lines, x_next, y_next; /* `results`: bytes of whole fours; `end` is theirs in a line */
  int32_t back, left;                          /* bytes to go back for the last four, or 0; those still to go */
  int32_t rounding;
  const uint32_t *x;
  int8_t *y;
  const int32_t *filter;
  int32_t pitch, y_step;
} tc_fours_t;

/* Without what depends on the channel and the strip: lines, x, y, filter. */
static inline tc_fours_t tc_fours_of(const tc_strip_t *strip, const tc_conv2d_s8_t *p) {
  const int32_t pixel = strip->out_pixel, twos = p->out_w / 2;
  tc_fours_t fours;
  fours.pitch = 4 * strip->pairs * TC_LANES;
  fours.results = p->out_w / 4 * 4 * pixel;
  fours.x_next = p->stride_h * fours.pitch - 16 * twos;
  fours.y_next = strip->out_line - 2 * twos * pixel;
  fours.back = twos % 2 * 2 * pixel;
  fours.rounding = strip->rounding;
  fours.y_step = pixel;
  fours.end = fours.left = 0;
  return fours;
}

#ifdef TC_DSP_ASSEMBLY

/* r4..r6 and r8 += the products of the pixels r9, r10, r11 with r12, lr; i1, i2, i3: what the last three start with. */
#define TC_LINE_OF_FOUR(i1, i2, i3)                                                                          \
  TC_LINE("smlatb r5, r9, r12, " i1) TC_LINE("smlad r6, r10, r12, " i2) TC_LINE("smlatb r8, r10, r12, " i3) \
  TC_LINE("smlad r4, r9, r12, r4") TC_LINE("smlabt r4, r10, lr, r4") TC_LINE("smlad r5, r10, lr, r5")       \
  TC_LINE("smlabt r6, r11, lr, r6") TC_LINE("smlad r8, r11, lr, r8")
#define TC_NEXT_LINE(t, u)                                                                                   \
  TC_LINE("add r0, r0, r3") TC_LINE("ldr r9, [r0, #-32]") TC_LINE("ldr r10, [r0, #-16]") TC_LINE("ldr r11, [r0]") \
  TC_LINE("ldr r12, [r2, #" #t "]") TC_LINE("ldr lr, [r2, #" #u "]")
#define TC_STORE_BYTE(r) TC_LINE("strb " r ", [r1]") TC_LINE("add r1, r1, r7")

/* r0: widened pixels, r1: results, r2: filter, r3: bytes from line to line, r7: bytes from result to result; on the stack
 * the fields from `results` to `rounding`. */
static inline void tc_planar_fours(const tc_fours_t *fours) {
  TC_RUN_ASSEMBLY(
      fours,
      TC_LINE("ldm r0!, {r1-r8}") TC_LINE("push {r1-r8}") TC_LINE("ldm r0, {r0, r1, r2, r3, r7}")
      TC_LINE("2:")
      TC_LINE("ldr r4, [sp]") TC_LINE("ldr r5, [sp, #20]") TC_LINE("add r4, r4, r1") TC_LINE("str r4, [sp, #4]")
      TC_LINE("str r5, [sp, #24]")
      TC_LINE("1:")
      TC_LINE("ldr r10, [r0, #16]") TC_LINE("ldr r11, [r0, #32]") TC_LINE("ldr r9, [r0], #32") TC_LINE("ldr r4, [r2, #24]")
      TC_LINE("ldr r12, [r2]") TC_LINE("ldr lr, [r2, #4]") TC_LINE_OF_FOUR("r4", "r4", "r4")
      TC_NEXT_LINE(8, 12) TC_LINE_OF_FOUR("r5", "r6", "r8")
      TC_NEXT_LINE(16, 20) TC_LINE_OF_FOUR("r5", "r6", "r8")
      TC_LINE("ldr r9, [r2, #28]") TC_LINE("ldr r10, [sp, #28]") TC_LINE("ldr r11, [sp, #4]")
      TC_LINE("sub r0, r0, r3, lsl #1")
      TC_LINE("smmla r4, r4, r9, r10") TC_LINE("smmla r5, r5, r9, r10")
      TC_LINE("smmla r6, r6, r9, r10") TC_LINE("smmla r8, r8, r9, r10")
      TC_LINE("ssat r4, #8, r4, asr #8") TC_LINE("ssat r5, #8, r5, asr #8")
      TC_LINE("ssat r6, #8, r6, asr #8") TC_LINE("ssat r8, #8, r8, asr #8")
      TC_STORE_BYTE("r4") TC_STORE_BYTE("r5") TC_STORE_BYTE("r6") TC_STORE_BYTE("r8")
      TC_LINE("cmp r1, r11") TC_LINE("bne 1b")
      TC_LINE("ldr r4, [sp, #24]") TC_LINE("cmp r4, #0") TC_LINE("beq 3f")
      TC_LINE("sub r1, r1, r4") TC_LINE("sub r0, r0, #16") TC_LINE("add r5, r1, r7, lsl #2") TC_LINE("mov r4, #0")
      TC_LINE("str r5, [sp, #4]") TC_LINE("str r4, [sp, #24]") TC_LINE("b 1b")
      TC_LINE("3:")
      TC_LINE("ldr r4, [sp, #8]") TC_LINE("ldr r5, [sp, #12]") TC_LINE("ldr r6, [sp, #16]")
      TC_LINE("add r0, r0, r5") TC_LINE("add r1, r1, r6")
      TC_LINE("subs r4, r4, #1") TC_LINE("str r4, [sp, #8]") TC_LINE("bne 2b")
      TC_LINE("add sp, sp, #32"));
}

#endif

/* The result of a channel whose window starts in the low half of x, or with `odd` in its high half. */
static inline int8_t tc_planar_one(const uint32_t *x, int32_t pitch, const int32_t *filter, bool odd, int32_t rounding) {
  const uint32_t *const y = x + pitch, *const z = y + pitch;
  const uint32_t a = x[0], b = x[TC_LANES], c = y[0], d = y[TC_LANES], e = z[0], f = z[TC_LANES];
  const uint32_t *const w = (const uint32_t *)filter;
  int32_t s = filter[6];
  if (odd) {
    s = tc_smlad(b, w[1], tc_smlatb(a, w[0], s));
    s = tc_smlad(d, w[3], tc_smlatb(c, w[2], s));
    s = tc_smlad(f, w[5], tc_smlatb(e, w[4], s));
  } else {
    s = tc_smlabt(b, w[1], tc_smlad(a, w[0], s));
    s = tc_smlabt(d, w[3], tc_smlad(c, w[2], s));
    s = tc_smlabt(f, w[5], tc_smlad(e, w[4], s));
  }
  return (int8_t)tc_ssat8_of_s24(tc_smmla(s, filter[7], rounding));
}

/* The lines of a strip of one channel. */
static inline void tc_planar_lines(const uint32_t *x, int8_t *y, const int32_t *filter, int32_t lines,
                                   tc_fours_t *fours, const tc_strip_t *strip, const tc_conv2d_s8_t *p) {
  int32_t done = 0;
#ifdef TC_DSP_ASSEMBLY
  if (p->out_w >= 4) {
    fours->x = x, fours->y = y, fours->filter = filter, fours->lines = lines;
    tc_planar_fours(fours);
    done = p->out_w & ~1;
    if (done == p->out_w) return;
  }
#else
  (void)fours;
#endif
  const int32_t pitch = strip->pairs * TC_LANES, pixel = strip->out_pixel, rounding = strip->rounding;
  x += done / 2 * TC_LANES, y += done * pixel;
  for (; lines > 0; --lines, x += p->stride_h * pitch, y += strip->out_line) {
    const uint32_t *from = x;
    int8_t *to = y;
    int32_t left = p->out_w - done;
    for (; left > 0; left -= 2, from += TC_LANES, to += 2 * pixel) {
      to[0] = tc_planar_one(from, pitch, filter, false, rounding);
      if (left > 1) to[pixel] = tc_planar_one(from, pitch, filter, true, rounding);
    }
  }
}

#endif
