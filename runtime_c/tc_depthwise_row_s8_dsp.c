/* A row of an int8 depthwise convolution with the DSP extension: any window, one pixel of results at a time. */
#include "tc_depthwise_s8_dsp.h"

/* Channels k to -1 of a pixel, counted from the end of those to compute: the result, the pixels under the window in the
 * order of the taps. The assembly knows the order of the fields. */
typedef struct {
  int32_t rounding;
  const int8_t *const *end;
  int8_t *y;
  const int32_t *packed;
  int32_t k;
  const int8_t *pixel[TC_DEPTHWISE_TAPS];
} tc_window_t;

#ifdef TC_DSP_ASSEMBLY

#define TC_FOUR_WORDS                                                                   \
  TC_LINE("ldr r12, [r1], #16") TC_LINE("ldr lr, [r1, #-12]")                           \
  TC_LINE("ldr r3, [r1, #-8]") TC_LINE("ldr r4, [r1, #-4]")

#define TC_TWO_PIXELS                                                                   \
  TC_LINE("ldr r9, [r9, r2]") TC_LINE("ldr r10, [r10, r2]") TC_FOUR_WORDS

/* r0: pixels, r1: packed, r2: k; on the stack rounding, end, y, the first of the pixels, whether their pairs are odd. Two
 * pairs a turn, at first one where they are odd. */
TC_NOINLINE static void tc_depthwise_channels(tc_window_t *window) {
  TC_RUN_ASSEMBLY(
      window,
      TC_LINE("ldm r0!, {r3, r4, r5}") TC_LINE("ldr r1, [r0], #4") TC_LINE("ldr r2, [r0], #4") TC_LINE("mov r6, r0")
      TC_LINE("sub r8, r4, r0") TC_LINE("and r8, r8, #8") TC_LINE("push {r3-r6, r8}")
      TC_LINE("2:")
      TC_LINE("ldr r5, [r1], #16") TC_LINE("ldr r6, [r1, #-12]") TC_LINE("ldr r7, [r1, #-8]") TC_LINE("ldr r8, [r1, #-4]")
      TC_LINE("ldr r0, [sp, #12]") TC_LINE("ldr r11, [sp, #16]") TC_LINE("cmp r11, #0") TC_LINE("bne 3f")
      TC_LINE("1:")
      TC_LINE("ldr r9, [r0], #8") TC_LINE("ldr r10, [r0, #-4]") TC_TWO_PIXELS TC_TWO_TAPS
      TC_LINE("3:")
      TC_LINE("ldr r9, [r0], #8") TC_LINE("ldr r10, [r0, #-4]") TC_LINE("ldr r11, [sp, #4]") TC_TWO_PIXELS
      TC_LINE("cmp r0, r11") TC_TWO_TAPS TC_LINE("bne 1b")
      TC_FOUR_WORDS TC_LINE("ldr r11, [sp]") TC_LINE("ldr r9, [sp, #8]") TC_FOUR_RESULTS("r12", "lr", "r3", "r4")
      TC_LINE("str r5, [r9, r2]") TC_LINE("adds r2, r2, #4") TC_LINE("bne 2b")
      TC_LINE("add sp, sp, #20"));
}

#else

TC_NOINLINE static void tc_depthwise_channels(tc_window_t *window) {
  const int32_t *packed = window->packed;
  for (int32_t k = window->k; k != 0; k += 4, packed += 4) {
    int32_t s[4] = {packed[0], packed[1], packed[2], packed[3]};
    packed += 4;
    for (const int8_t *const *from = window->pixel; from != window->end; from += 2, packed += 4)
      tc_two_taps(tc_load_word(from[0] + k), tc_load_word(from[1] + k), packed, s);
    tc_store_word(window->y + k, tc_four_results(s, packed, window->rounding));
  }
}

#endif

/* The pixels under the window that starts at column x0, `whole` channels ahead; returns the end of the list. */
static inline const int8_t **tc_window_pixels(const int8_t **to, const int8_t *const *rows, const int8_t *padding,
                                              int32_t x0, int32_t whole, const tc_conv2d_s8_t *p) {
  const int32_t last = x0 + (p->kernel_w - 1) * p->dilation_w, step = p->dilation_w * p->in_c;
  int32_t right = 0, inside = 0;
  for (int32_t kx = p->kernel_w, ix = last; kx > 0; --kx, ix -= p->dilation_w)
    right += ix >= p->in_w, inside += (uint32_t)ix < (uint32_t)p->in_w;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int32_t count = rows[ky] ? inside : 0, before = rows[ky] ? right : 0;
    const int8_t **const end = to + p->kernel_w;
    for (int32_t i = 0; i < before; ++i) *to++ = padding;
    if (count > 0) {
      const int8_t *pixel = rows[ky] + ((last - right * p->dilation_w) * p->in_c + whole);
      for (int32_t i = count; i > 0; --i, pixel -= step) *to++ = pixel;
    }
    while (to != end) *to++ = padding;
  }
  if ((p->kernel_h * p->kernel_w) & 1) *to++ = padding;
  return to;
}

void tc_depthwise_row_s8_dsp(const int8_t *const *rows, const int8_t *zeros, int8_t *y, const int32_t *packed,
                             const tc_conv2d_s8_t *p) {
  const int32_t channels = p->in_c, rest = channels & 3, whole = channels - rest;
  tc_window_t window;
  window.rounding = tc_rounding_of_s24(p->out_zero);
  for (int32_t ox = 0, x0 = -p->pad_left; ox < p->out_w; ++ox, x0 += p->stride_w, y += channels) {
    const int8_t **to = tc_window_pixels(window.pixel, rows, zeros + whole, x0, whole, p);
    const int32_t words = 8 + 2 * (int32_t)(to - window.pixel);
    window.end = to, window.y = y + whole, window.packed = packed, window.k = -whole;
    tc_depthwise_channels(&window);
    if (!rest) continue;
    while (to != window.pixel) *--to += rest;
    window.y += rest, window.packed += whole / 4 * words, window.k = -4;
    tc_depthwise_channels(&window);
  }
}
