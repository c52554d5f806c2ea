/* Average (or sum) of all pixels of an int8 image. */
#include "tc_common.h"
#include "tc_numeric.h"
#include "tc_pool.h"

/* tc_requantize_away_s8 by the high word of the product, for shifts above 32. */
static int8_t rescaled(int32_t acc, const tc_global_pool_t *p) {
  const int64_t product = (int64_t)acc * p->multiplier;
  const int32_t shift = p->shift - 32, raised = (int32_t)(product >> 32) + (1 << (shift - 1));
  const int32_t below = raised - ((uint32_t)product == 0); /* a tie falls below its multiple of 2^shift */
  int32_t scaled = (raised >> shift) + p->out_zero;
  if (scaled <= 0) scaled = (below >> shift) + p->out_zero;
  return tc_saturate_s8(scaled);
}

void tc_global_average_pool_s8(const int8_t *x, int8_t *y, const tc_global_pool_t *p) {
  const int32_t channels = p->channels;
  for (int32_t n = p->batch; n > 0; --n, x += (p->pixels - 1) * channels) {
    for (int32_t c = channels; c > 0; --c, ++x) {
      const int8_t *in = x;
      int32_t acc = -p->in_zero * p->pixels;
      for (int32_t i = p->pixels; i > 0; --i, in += channels) acc += *in;
      *y++ = rescaled(acc, p);
    }
  }
}
