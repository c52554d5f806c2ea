/* Bilinear resizing of NHWC tensors through tables made at compile time. */
#ifndef TC_RESIZE_H
#define TC_RESIZE_H

#include "tc_common.h"

typedef struct {
  int32_t batch, in_elements, out_h, out_w, channels; /* in_elements: of one image */
} tc_resize_f32_t;

/* multiplier and shift: scale_x / scale_y / 2^22. */
typedef struct {
  int32_t batch, in_elements, out_h, out_w, channels;
  int32_t in_zero, out_zero, multiplier, shift;
} tc_resize_s8_t;

TC_EXTERN_C_BEGIN

/* offsets[out_h + out_w][2]: element offsets of the two rows of every output row, then of the two columns of every
 * output column; weights[out_h + out_w]: those of the second ones, float32 or in units of 2^-11. */
void tc_resize_linear_s8(const int8_t *x, int8_t *y, const int32_t *offsets, const int16_t *weights,
                         const tc_resize_s8_t *p);

/* a + (b - a) * w, first along the columns. */
void tc_resize_linear_f32(const float *x, float *y, const int32_t *offsets, const float *weights,
                          const tc_resize_f32_t *p);

TC_EXTERN_C_END

#endif
