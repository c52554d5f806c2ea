/* Bilinear resizing in int8: weights of 11 bits, exact sums, one rounding. */
#include "tc_numeric.h"
#include "tc_resize.h"

#define ONE 2048 /* the weight 1 */

/* One output row from the two operand rows `top` and `bottom`. */
static void resize_row(const int8_t *top, const int8_t *bottom, int32_t row_weight, int8_t *y,
                       const int32_t *columns, const int16_t *weights, const tc_resize_s8_t *p) {
  const int32_t offset = p->in_zero * ONE * ONE;
  for (int32_t ox = 0; ox < p->out_w; ++ox, y += p->channels) {
    const int32_t left = columns[2 * ox];
    const int32_t right = columns[2 * ox + 1];
    const int32_t weight = weights[ox];
    for (int32_t c = 0; c < p->channels; ++c) {
      const int32_t above = top[left + c] * (ONE - weight) + top[right + c] * weight;
      const int32_t below = bottom[left + c] * (ONE - weight) + bottom[right + c] * weight;
      const int32_t sum = above * (ONE - row_weight) + below * row_weight;
      y[c] = tc_requantize_s8(sum - offset, p->multiplier, p->shift, p->out_zero, -128, 127);
    }
  }
}

void tc_resize_linear_s8(const int8_t *x, int8_t *y, const int32_t *offsets, const int16_t *weights,
                         const tc_resize_s8_t *p) {
  const int32_t *columns = offsets + 2 * p->out_h;
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_elements)
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += p->out_w * p->channels)
      resize_row(x + offsets[2 * oy], x + offsets[2 * oy + 1], weights[oy], y, columns, weights + p->out_h, p);
}
