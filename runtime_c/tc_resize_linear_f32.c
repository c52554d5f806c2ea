/* Bilinear resizing in float32. */
#include "tc_float_bits.h"
#include "tc_resize.h"

/* One output row from the two operand rows `top` and `bottom`. */
static void resize_row(const float *top, const float *bottom, float row_weight, float *y, const int32_t *columns,
                       const float *weights, const tc_resize_f32_t *p) {
  for (int32_t ox = 0; ox < p->out_w; ++ox, y += p->channels) {
    const int32_t left = columns[2 * ox];
    const int32_t right = columns[2 * ox + 1];
    const float weight = weights[ox];
    for (int32_t c = 0; c < p->channels; ++c) {
      const float above = top[left + c] + (top[right + c] - top[left + c]) * weight;
      const float below = bottom[left + c] + (bottom[right + c] - bottom[left + c]) * weight;
      y[c] = above + (below - above) * row_weight;
    }
  }
}

void tc_resize_linear_f32(const float *x, float *y, const int32_t *offsets, const float *weights,
                          const tc_resize_f32_t *p) {
  const int32_t *columns = offsets + 2 * p->out_h;
  for (int32_t n = 0; n < p->batch; ++n, x += p->in_elements)
    for (int32_t oy = 0; oy < p->out_h; ++oy, y += p->out_w * p->channels)
      resize_row(x + offsets[2 * oy], x + offsets[2 * oy + 1], weights[oy], y, columns, weights + p->out_h, p);
}
