/* A row of an int8 depthwise 3x3 convolution with the DSP extension, one pixel of results at a time. */
#include "tc_depthwise_s8_dsp.h"

/* Words per four channels. */
#define TC_WORDS_3X3 26

/* As tc_window_t. The assembly knows the order of the fields. */
typedef struct {
  const int8_t *pixel[9];
  int8_t *y;
  int32_t rounding;
  const int32_t *packed;
  int32_t k;
} tc_window_3x3_t;

/* Neighbouring pixels whose windows start at `row` and do not leave the rows, and their results; bytes from pixel to pixel
 * and from column to column; how many channels of them, a multiple of four. */
typedef struct {
  const int8_t *row[3];
  int8_t *y;
  int32_t step[3], y_step, column, pixels, channels, rounding;
  const int32_t *packed;
} tc_span_3x3_t;

#ifdef TC_DSP_ASSEMBLY

#define TC_BIASES                                                                                     \
  TC_LINE("ldr r6, [r1, #4]") TC_LINE("ldr r7, [r1, #8]") TC_LINE("ldr r8, [r1, #12]") TC_LINE("ldr r5, [r1], #104")
/* The last tap in r9, its weights in r12 and lr. */
#define TC_ONE_TAP                                                                                    \
  TC_LINE("sxtb16 r10, r9") TC_LINE("sxtb16 r9, r9, ror #8")                                          \
  TC_LINE("smlabb r5, r10, r12, r5") TC_LINE("smlatt r7, r10, r12, r7")                               \
  TC_LINE("smlabb r6, r9, lr, r6") TC_LINE("smlatt r8, r9, lr, r8")
#define TC_WEIGHTS_4(i, j, k, l)                                                                      \
  TC_LINE("ldr r12, [r1, #" #i "]") TC_LINE("ldr lr, [r1, #" #j "]")                                  \
  TC_LINE("ldr r3, [r1, #" #k "]") TC_LINE("ldr r4, [r1, #" #l "]")
#define TC_PIXELS(i, j) TC_LINE("ldr r9, [r0, #" #i "]") TC_LINE("ldr r10, [r0, #" #j "]")
#define TC_TAPS_AT_K TC_LINE("ldr r9, [r9, r2]") TC_LINE("ldr r10, [r10, r2]")

/* Any pixel. r0: window, r1: packed, r2: k. */
TC_NOINLINE static void tc_depthwise_channels_3x3(const tc_window_3x3_t *window) {
  TC_RUN_ASSEMBLY(
      window,
      TC_LINE("ldr r1, [r0, #44]") TC_LINE("ldr r2, [r0, #48]")
      TC_LINE("1:")
      TC_PIXELS(0, 4) TC_BIASES TC_TAPS_AT_K TC_WEIGHTS_4(-88, -84, -80, -76) TC_TWO_TAPS
      TC_PIXELS(8, 12) TC_WEIGHTS_4(-72, -68, -64, -60) TC_TAPS_AT_K TC_TWO_TAPS
      TC_PIXELS(16, 20) TC_WEIGHTS_4(-56, -52, -48, -44) TC_TAPS_AT_K TC_TWO_TAPS
      TC_PIXELS(24, 28) TC_WEIGHTS_4(-40, -36, -32, -28) TC_TAPS_AT_K TC_TWO_TAPS
      TC_LINE("ldr r9, [r0, #32]") TC_LINE("ldr r12, [r1, #-24]") TC_LINE("ldr lr, [r1, #-20]") TC_LINE("ldr r9, [r9, r2]")
      TC_ONE_TAP
      TC_WEIGHTS_4(-16, -12, -8, -4) TC_LINE("ldr r11, [r0, #40]") TC_LINE("ldr r9, [r0, #36]")
      TC_FOUR_RESULTS("r12", "lr", "r3", "r4")
      TC_LINE("str r5, [r9, r2]") TC_LINE("adds r2, r2, #4") TC_LINE("bne 1b"));
}

#define TC_WEIGHTS_2(i, j) TC_LINE("ldr r12, [r1, #" #i "]") TC_LINE("ldr lr, [r1, #" #j "]")
/* Two taps in r9 and r10; the weights of the last two channels at i and j. */
#define TC_TWO_TAPS_2(i, j)                                                                           \
  TC_LINE("pkhbt r11, r9, r10, lsl #16") TC_LINE("pkhtb r9, r10, r9, asr #16")                        \
  TC_LINE("sxtb16 r10, r11") TC_LINE("sxtb16 r11, r11, ror #8")                                       \
  TC_LINE("smlad r5, r10, r12, r5") TC_LINE("smlad r6, r11, lr, r6") TC_WEIGHTS_2(i, j)               \
  TC_LINE("sxtb16 r10, r9") TC_LINE("sxtb16 r9, r9, ror #8")                                          \
  TC_LINE("smlad r7, r10, r12, r7") TC_LINE("smlad r8, r9, lr, r8")

/* Four channels of a pixel; from [sp, #8] the rounding, from [sp, #28] where the result is, from row 0. */
#define TC_FOUR_INSIDE                                                                                \
  TC_LINE("ldr r9, [r0, r4, lsl #1]") TC_LINE("ldr r10, [r0, r4]") TC_BIASES                          \
  TC_WEIGHTS_2(-88, -84) TC_TWO_TAPS_2(-80, -76)                                                      \
  TC_LINE("ldr r9, [r0], #4") TC_LINE("ldr r10, [r2, r4, lsl #1]")                                    \
  TC_WEIGHTS_2(-72, -68) TC_TWO_TAPS_2(-64, -60)                                                      \
  TC_LINE("ldr r9, [r2, r4]") TC_LINE("ldr r10, [r2], #4")                                            \
  TC_WEIGHTS_2(-56, -52) TC_TWO_TAPS_2(-48, -44)                                                      \
  TC_LINE("ldr r9, [r3, r4, lsl #1]") TC_LINE("ldr r10, [r3, r4]")                                    \
  TC_WEIGHTS_2(-40, -36) TC_TWO_TAPS_2(-32, -28)                                                      \
  TC_LINE("ldr r9, [r3], #4") TC_WEIGHTS_2(-24, -20) TC_ONE_TAP                                       \
  TC_WEIGHTS_2(-16, -12) TC_LINE("ldr r9, [r1, #-8]") TC_LINE("ldr r10, [r1, #-4]")                   \
  TC_LINE("ldr r11, [sp, #8]") TC_FOUR_RESULTS("r12", "lr", "r9", "r10") TC_LINE("ldr r9, [sp, #28]")

/* r0, r2, r3: rows, r4: column, r1: packed; on the stack the fields below from `packed` to `odd`. */
TC_NOINLINE static void tc_depthwise_span_3x3(const tc_span_3x3_t *span) {
  const struct {
    const int32_t *packed, *end;
    int32_t rounding, next[3]; /* from the last channel of a pixel to the first of the next one */
    int32_t ahead, behind;     /* how much more y moves than row 0; from row 0, four channels on, to y */
    int32_t pixels, odd;       /* eight channels a turn; at first four where these are odd */
    const int8_t *row[3];
    int32_t column;
  } fields = {span->packed,
              span->packed + span->channels / 4 * TC_WORDS_3X3,
              span->rounding,
              {span->step[0] - span->channels, span->step[1] - span->channels, span->step[2] - span->channels},
              span->y_step - span->step[0],
              (int32_t)((uint32_t)span->y - (uint32_t)span->row[0]) - 4,
              span->pixels,
              span->channels & 4,
              {span->row[0], span->row[1], span->row[2]},
              span->column};
  TC_RUN_ASSEMBLY(
      &fields,
      TC_LINE("ldm r0!, {r1-r10}") TC_LINE("push {r1-r10}") TC_LINE("ldm r0, {r0, r2, r3, r4}")
      TC_LINE("2:")
      TC_LINE("ldr r1, [sp]") TC_LINE("ldr r9, [sp, #36]") TC_LINE("cmp r9, #0") TC_LINE("bne.w 3f")
      TC_LINE("1:")
      TC_FOUR_INSIDE TC_LINE("str r5, [r0, r9]")
      TC_LINE("3:")
      TC_FOUR_INSIDE TC_LINE("ldr r10, [sp, #4]") TC_LINE("str r5, [r0, r9]") TC_LINE("cmp r1, r10") TC_LINE("bne.w 1b")
      TC_LINE("ldr r10, [sp, #12]") TC_LINE("ldr r11, [sp, #16]") TC_LINE("ldr r12, [sp, #20]")
      TC_LINE("ldr lr, [sp, #24]") TC_LINE("ldr r5, [sp, #32]")
      TC_LINE("add r0, r0, r10") TC_LINE("add r2, r2, r11") TC_LINE("add r3, r3, r12")
      TC_LINE("add r9, r9, lr") TC_LINE("str r9, [sp, #28]")
      TC_LINE("subs r5, r5, #1") TC_LINE("str r5, [sp, #32]") TC_LINE("bne.w 2b")
      TC_LINE("add sp, sp, #40"));
}

#else

TC_NOINLINE static void tc_depthwise_channels_3x3(const tc_window_3x3_t *window) {
  const int32_t *packed = window->packed;
  for (int32_t k = window->k; k != 0; k += 4, packed += 4) {
    int32_t s[4] = {packed[0], packed[1], packed[2], packed[3]};
    packed += 4;
    for (int32_t i = 0; i < 8; i += 2, packed += 4)
      tc_two_taps(tc_load_word(window->pixel[i] + k), tc_load_word(window->pixel[i + 1] + k), packed, s);
    const uint32_t last = tc_load_word(window->pixel[8] + k), even = tc_sxtb16(last), odd = tc_sxtb16_odd(last);
    s[0] = tc_smlabb(even, (uint32_t)packed[0], s[0]), s[2] = tc_smlatt(even, (uint32_t)packed[0], s[2]);
    s[1] = tc_smlabb(odd, (uint32_t)packed[1], s[1]), s[3] = tc_smlatt(odd, (uint32_t)packed[1], s[3]);
    packed += 2;
    tc_store_word(window->y + k, tc_four_results(s, packed, window->rounding));
  }
}

TC_NOINLINE static void tc_depthwise_span_3x3(const tc_span_3x3_t *span) {
  for (int32_t n = 0; n < span->pixels; ++n) {
    tc_window_3x3_t window;
    for (int32_t i = 0; i < 9; ++i)
      window.pixel[i] = span->row[i / 3] + n * span->step[i / 3] + (2 - i % 3) * span->column + span->channels;
    window.y = span->y + n * span->y_step + span->channels;
    window.rounding = span->rounding, window.packed = span->packed, window.k = -span->channels;
    tc_depthwise_channels_3x3(&window);
  }
}

#endif

/* `offset` ahead of `row` where `mask` is all ones, `otherwise` where it is 0; without a branch. */
static inline const int8_t *tc_pixel_or(const int8_t *row, int32_t offset, const int8_t *otherwise, uintptr_t mask) {
  const uintptr_t from = (uintptr_t)otherwise, to = (uintptr_t)row + (uintptr_t)(intptr_t)offset;
  return (const int8_t *)(from + ((to - from) & mask));
}

/* A pixel some of whose columns lie in the padding. */
static void tc_depthwise_pixel_3x3(const int8_t *const *rows, const int8_t *zeros, int32_t x0, int8_t *y,
                                          const int32_t *packed, const tc_conv2d_s8_t *p) {
  const int32_t channels = p->in_c, rest = channels & 3, whole = channels - rest, at = x0 * channels + whole;
  const uint32_t width = (uint32_t)p->in_w;
  const uintptr_t one = 1u, left = -one * ((uint32_t)x0 < width), middle = -one * ((uint32_t)(x0 + 1) < width);
  const uintptr_t right = -one * ((uint32_t)(x0 + 2) < width);
  tc_window_3x3_t window;
  for (int32_t ky = 0; ky < 3; ++ky) {
    const uintptr_t inside = -one * (rows[ky] != zeros);
    const int8_t **const to = window.pixel + 3 * ky;
    to[0] = tc_pixel_or(rows[ky], at + 2 * channels, zeros + whole, inside & right);
    to[1] = tc_pixel_or(rows[ky], at + channels, zeros + whole, inside & middle);
    to[2] = tc_pixel_or(rows[ky], at, zeros + whole, inside & left);
  }
  window.y = y + whole, window.rounding = tc_rounding_of_s24(p->out_zero), window.packed = packed, window.k = -whole;
  tc_depthwise_channels_3x3(&window);
  if (!rest) return;
  for (int32_t i = 0; i < 9; ++i) window.pixel[i] += rest;
  window.y += rest, window.packed += whole / 4 * TC_WORDS_3X3, window.k = -4;
  tc_depthwise_channels_3x3(&window);
}

/* Pixels first..end - 1 of a row, whose windows lie inside left and right. */
static void tc_depthwise_pixels_3x3(const int8_t *const *rows, const int8_t *zeros, int32_t first, int32_t end,
                                           int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p) {
  const int32_t channels = p->in_c, rest = channels & 3, step = p->stride_w * channels;
  const int32_t at = first * step - p->pad_left * channels;
  tc_span_3x3_t span;
  for (int32_t ky = 0; ky < 3; ++ky) {
    const bool inside = rows[ky] != zeros;
    span.step[ky] = inside ? step : 0;
    span.row[ky] = inside ? rows[ky] + at : zeros;
  }
  span.y = y + first * channels, span.y_step = span.column = channels;
  span.pixels = end - first, span.channels = channels - rest;
  span.rounding = tc_rounding_of_s24(p->out_zero), span.packed = packed;
  tc_depthwise_span_3x3(&span);
  if (!rest) return;
  for (int32_t ky = 0; ky < 3; ++ky) span.row[ky] += channels - 4;
  span.y += channels - 4, span.packed += channels / 4 * TC_WORDS_3X3, span.channels = 4;
  tc_depthwise_span_3x3(&span);
}

void tc_depthwise_row_3x3_s8_dsp(const int8_t *const *given, const int8_t *zeros, int8_t *y, const int32_t *packed,
                                 const tc_conv2d_s8_t *p) {
  const int8_t *const rows[3] = {given[0] ? given[0] : zeros, given[1] ? given[1] : zeros, given[2] ? given[2] : zeros};
  const int32_t first = tc_first_inside(p->pad_left, p->stride_w, p->out_w);
  const int32_t end = tc_end_inside(p->in_w, 3, p->pad_left, p->stride_w, first, p->out_w);
  if (first < end) tc_depthwise_pixels_3x3(rows, zeros, first, end, y, packed, p);
  for (int32_t ox = 0; ox < p->out_w; ++ox) {
    if (ox == first) ox = end;
    if (ox == p->out_w) break;
    tc_depthwise_pixel_3x3(rows, zeros, ox * p->stride_w - p->pad_left, y + ox * p->in_c, packed, p);
  }
}
