/* int8 Softmax through 32 words: an exponential is the product of a coarse and a fine one. */
#include "tc_numeric.h"
#include "tc_softmax.h"

/* a * b / 2^32, rounded once. */
static uint32_t high(uint32_t a, uint32_t b) { return (uint32_t)(((uint64_t)a * b + 0x80000000u) >> 32); }

static uint32_t term(const uint32_t *levels, int32_t distance) {
  return high(levels[distance >> 4], levels[16 + (distance & 15)]);
}

/* One row of elements `inner` apart. */
static void row(const int8_t *x, int8_t *y, const uint32_t *levels, const tc_softmax_small_s8_t *p) {
  const int32_t step = p->inner, length = p->count * p->inner;
  int32_t top = x[0];
  uint32_t sum = 0;
  for (int32_t i = step; i < length; i += step) top = tc_max_s32(top, x[i]);
  for (int32_t i = 0; i < length; i += step) sum += term(levels, top - x[i]);
  for (int32_t i = 0; i < length; i += step) {
    const uint32_t numerator = high(term(levels, top - x[i]) << p->shift, p->multiplier);
    const uint32_t quotient = (numerator + (sum >> 1)) / sum;
    y[i] = tc_saturate_s8((int32_t)(quotient > 255u ? 255u : quotient) + p->y_zero);
  }
}

void tc_softmax_small_s8(const int8_t *x, int8_t *y, const uint32_t *levels, const tc_softmax_small_s8_t *p) {
  const int32_t length = p->count * p->inner;
  if (length == 0) return;
  for (int32_t n = 0; n < p->outer; ++n, x += length, y += length)
    for (int32_t i = 0; i < p->inner; ++i) row(x + i, y + i, levels, p);
}
