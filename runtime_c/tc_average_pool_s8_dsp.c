/* Average (or sum) pooling of int8 tensors with the DSP extension. */
#include "tc_pool_count.h"
#include "tc_pool_dsp.h"

/* Rescales sums. */
typedef struct {
  int32_t start; /* -in_zero of every position, lifted */
  uint32_t lift; /* a power of two */
  int32_t multiplier, shift, zero, shifted_zero, half;
} tc_average_t;

/* requant = {multiplier, shift + 32}; a factor of 1/4 or more leaves no shift behind the high word of a product, therefore
 * sums are lifted. */
static inline tc_average_t average_of(const int32_t *requant, int32_t positions, const tc_pool_count_t *counts) {
  const int32_t lift = tc_max_s32(0, 33 - requant[1]), shift = requant[1] - 32 + lift;
  tc_average_t average;
  average.start = -counts->in_zero * positions * ((int32_t)1 << lift);
  average.lift = 1u << lift;
  average.multiplier = requant[0];
  average.shift = shift;
  average.zero = counts->out_zero;
  average.shifted_zero = counts->out_zero * ((int32_t)1 << shift);
  average.half = (int32_t)1 << (shift - 1);
  return average;
}

/* tc_requantize_away_s8 of a lifted sum: ties go up where the result is positive, else down, which is up for the negative
 * sum. In one piece, because compilers interleave eight of them and spill. */
static inline int32_t averaged(int32_t sum, const tc_average_t *by) {
#ifdef TC_DSP_ASSEMBLY
  int32_t sign;
  __asm__(
      "smmla %[t], %[s], %[m], %[zeros]\n\teor %[s], %[s], %[t], asr #31\n\tsub %[s], %[s], %[t], asr #31\n\t"
      "smmla %[s], %[s], %[m], %[half]\n\tasr %[s], %[s], %[shift]\n\t"
      "eor %[s], %[s], %[t], asr #31\n\tsub %[s], %[s], %[t], asr #31\n\t"
      "add %[s], %[s], %[zero]\n\tssat %[s], #8, %[s]"
      : [s] "+&r"(sum), [t] "=&r"(sign)
      : [m] "r"(by->multiplier), [zeros] "r"(by->shifted_zero), [half] "r"(by->half), [shift] "r"(by->shift),
        [zero] "r"(by->zero));
  return sum;
#else
  const int32_t sign = tc_smmla(sum, by->multiplier, by->shifted_zero) >> 31;
  const int32_t steps = tc_smmla((sum ^ sign) - sign, by->multiplier, by->half) >> by->shift;
  return tc_ssat8(((steps ^ sign) - sign) + by->zero);
#endif
}

/* Sums of eight channels in halves: of bytes 0 and 2, and 1 and 3, of the first word and of the second. */
typedef struct {
  uint32_t even[2], odd[2];
} tc_sums_t;

static inline void add_pixel(tc_sums_t *sums, const int8_t *x) {
  const uint32_t first = tc_load_word(x), second = tc_load_word(x + 4);
  sums->even[0] = tc_sxtab16(sums->even[0], first), sums->odd[0] = tc_sxtab16_odd(sums->odd[0], first);
  sums->even[1] = tc_sxtab16(sums->even[1], second), sums->odd[1] = tc_sxtab16_odd(sums->odd[1], second);
}

/* `count` pixels, a multiple of eight, `step` bytes apart. */
static inline void add_pixels(tc_sums_t *sums, const int8_t *x, int32_t step, int32_t count) {
#ifdef TC_DSP_ASSEMBLY
#define TC_FOUR_WORDS(i)                                                                                     \
  "ldr %[a], [%[x]]\n\tldr %[b], [%[x], %[step]]\n\t"                                                        \
  "ldr %[c], [%[x], %[step], lsl #1]\n\tldr %[d], [%[x], %[thrice]]\n\t"                                     \
  "sxtab16 %[e" i "], %[e" i "], %[a]\n\tsxtab16 %[o" i "], %[o" i "], %[a], ror #8\n\t"                     \
  "sxtab16 %[e" i "], %[e" i "], %[b]\n\tsxtab16 %[o" i "], %[o" i "], %[b], ror #8\n\t"                     \
  "sxtab16 %[e" i "], %[e" i "], %[c]\n\tsxtab16 %[o" i "], %[o" i "], %[c], ror #8\n\t"                     \
  "sxtab16 %[e" i "], %[e" i "], %[d]\n\tsxtab16 %[o" i "], %[o" i "], %[d], ror #8\n\t"
  uint32_t e0 = sums->even[0], e1 = sums->even[1], o0 = sums->odd[0], o1 = sums->odd[1], a, b, c, d;
  if (count == 0) return;
  __asm__ volatile("1:\n\t" TC_FOUR_WORDS("0") "add %[x], %[x], #4\n\t" TC_FOUR_WORDS("1")
                   "add %[x], %[x], %[step], lsl #2\n\t" TC_FOUR_WORDS("1") "sub %[x], %[x], #4\n\t" TC_FOUR_WORDS("0")
                   "add %[x], %[x], %[step], lsl #2\n\tsubs %[n], %[n], #8\n\tbne 1b"
                   : [x] "+&r"(x), [n] "+&r"(count), [e0] "+&r"(e0), [o0] "+&r"(o0), [e1] "+&r"(e1), [o1] "+&r"(o1),
                     [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
                   : [step] "r"(step), [thrice] "r"(3 * step)
                   : "cc", "memory");
  sums->even[0] = e0, sums->even[1] = e1, sums->odd[0] = o0, sums->odd[1] = o1;
#else
  for (; count > 0; --count, x += step) add_pixel(sums, x);
#endif
}

static inline uint32_t four_averages(uint32_t even, uint32_t odd, const tc_average_t *by) {
  return tc_pack_bytes(averaged(tc_smlabb(even, by->lift, by->start), by), averaged(tc_smlabb(odd, by->lift, by->start), by),
                       averaged(tc_smlatb(even, by->lift, by->start), by), averaged(tc_smlatb(odd, by->lift, by->start), by));
}

/* Eight channels of a window. */
static void average_window(const int8_t *x, int8_t *y, int32_t step, const tc_pool_window_t *window,
                           const tc_average_t *by) {
  const int32_t whole = window->columns & ~7, rest = window->columns & 7;
  tc_sums_t sums = {{0, 0}, {0, 0}};
  for (int32_t rows = window->rows; rows > 0; --rows, x += window->pitch) {
    const int8_t *at = x + whole * step;
    add_pixels(&sums, x, step, whole);
    for (int32_t n = rest; n > 0; --n, at += step) add_pixel(&sums, at);
  }
  const tc_average_t scale = *by;
  tc_store_word(y, four_averages(sums.even[0], sums.odd[0], &scale));
  tc_store_word(y + 4, four_averages(sums.even[1], sums.odd[1], &scale));
}

static void average_row(const int8_t *x, int8_t *y, const int32_t *requant, int32_t y0, const tc_pool_t *p,
                        const tc_pool_count_t *counts) {
  const int32_t rows = tc_pool_positions(y0, p->kernel_h, 1, counts->count_top, counts->count_bottom);
  const int32_t *row_factors = requant + 2 * (rows - counts->min_rows) * counts->column_kinds;
  const int32_t channels = p->channels, last = channels - 8;
  for (int32_t ox = 0; ox < p->out_w; ++ox, y += channels) {
    const int32_t x0 = ox * p->stride_w - p->pad_left;
    const int32_t columns = tc_pool_positions(x0, p->kernel_w, 1, counts->count_left, counts->count_right);
    const tc_pool_window_t window = tc_pool_window_of(x, y0, x0, p);
    const tc_average_t by =
        average_of(row_factors + 2 * (columns - counts->min_columns), window.rows * window.columns, counts);
    for (int32_t c = 0; c < last; c += 8) average_window(window.first + c, y + c, channels, &window, &by);
    average_window(window.first + last, y + last, channels, &window, &by);
  }
}

void tc_average_pool_s8_dsp(const int8_t *x, int8_t *y, const int32_t *requant, const tc_pool_t *p,
                            const tc_pool_count_t *counts) {
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_h * p->in_w * p->channels)
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += p->out_w * p->channels)
      average_row(x, y, requant, oy * p->stride_h - p->pad_top, p, counts);
}
