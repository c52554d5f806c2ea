/* Means over rows that come one at a time: running sums, and the mean of the last of them. */
#ifndef TC_ROW_SUMS_H
#define TC_ROW_SUMS_H

#include "tc_common.h"

/* `rows` of `width` elements of `channels`. `carried`: y holds the sums of the rows before, and the new ones
 * take their place. */
typedef struct {
  int32_t rows, width, channels, zero, carried;
} tc_row_sums_t;

/* The sums stand `skip` elements behind x; multiplier and shift of scale_x / (scale_y * count). */
typedef struct {
  int32_t skip, channels, multiplier, shift, zero;
} tc_mean_of_sums_t;

TC_EXTERN_C_BEGIN

void tc_row_sums_s8(const int8_t *x, int32_t *y, const tc_row_sums_t *p);
void tc_row_sums_s8_dsp(const int8_t *x, int32_t *y, const tc_row_sums_t *p);
void tc_row_sums_f32(const float *x, float *y, const tc_row_sums_t *p);

void tc_mean_of_sums_s8(const int32_t *x, int8_t *y, const tc_mean_of_sums_t *p);
void tc_mean_of_sums_f32(const float *x, float *y, int32_t skip, int32_t channels, float count);

TC_EXTERN_C_END

#endif
