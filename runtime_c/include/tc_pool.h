/* Pooling kernels over NHWC tensors: geometry blocks and prototypes. Padded positions are never read. */
#ifndef TC_POOL_H
#define TC_POOL_H

#include "tc_common.h"

/* Sizes in elements; every window holds at least one position of the operand. */
typedef struct {
  int32_t batch, in_h, in_w, channels, out_h, out_w;
  int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
} tc_pool_t;

/* What an average divides by: the window's positions within rows count_top..count_bottom - 1 and columns
 * count_left..count_right - 1 (beyond the operand where padding counts), or 1 without `divide`.
 * int8: the factor for `rows` by `columns` positions stands at (rows - min_rows) * column_kinds + columns -
 * min_columns; `in_zero`, `out_zero`: zero points. */
typedef struct {
  int32_t count_top, count_bottom, count_left, count_right, divide;
  int32_t min_rows, min_columns, column_kinds, in_zero, out_zero;
} tc_pool_count_t;

/* multiplier, shift: of scale_x / (scale_y * count); zero points. */
typedef struct {
  int32_t batch, pixels, channels, multiplier, shift, in_zero, out_zero;
} tc_global_pool_t;

TC_EXTERN_C_BEGIN

void tc_max_pool_s8(const int8_t *x, int8_t *y, const tc_pool_t *p);
void tc_max_pool_u8(const uint8_t *x, uint8_t *y, const tc_pool_t *p);

/* A NaN is never the maximum; a window of nothing else gives minus infinity. */
void tc_max_pool_f32(const float *x, float *y, const tc_pool_t *p);

/* requant[] = {multiplier, shift} of scale_x / (scale_y * count). */
void tc_average_pool_s8(const int8_t *x, int8_t *y, const int32_t *requant, const tc_pool_t *p,
                        const tc_pool_count_t *counts);

/* One window over all pixels; shifts above 32. */
void tc_global_average_pool_s8(const int8_t *x, int8_t *y, const tc_global_pool_t *p);

/* Sums run in the order (ky, kx) from 0 on, followed by one division. */
void tc_average_pool_f32(const float *x, float *y, const tc_pool_t *p, const tc_pool_count_t *counts);

TC_EXTERN_C_END

#endif
