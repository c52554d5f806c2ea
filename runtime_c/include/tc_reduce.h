/* Reductions over any set of dimensions, positions of extremes, running sums. */
#ifndef TC_REDUCE_H
#define TC_REDUCE_H

#include "tc_common.h"

#define TC_REDUCE_RANK 4

/* Sizes and element strides in the operand, of the dimensions that stay (the result is dense in them) and of
 * those that are reduced, in order; unused leading ones have size 1. `count`: elements per result.
 * int8: zero points, and the factor scale_x / scale_y, for means over the count as well. */
typedef struct {
  int32_t kept_size[TC_REDUCE_RANK];
  int32_t kept_stride[TC_REDUCE_RANK];
  int32_t size[TC_REDUCE_RANK];
  int32_t stride[TC_REDUCE_RANK];
  int32_t count, in_zero, out_zero, multiplier, shift;
} tc_reduce_t;

/* x[outer][size][inner]; `last`: of equal extremes the last one. */
typedef struct {
  int32_t outer, size, inner, last;
} tc_arg_t;

/* x[outer][size][inner]; `exclusive`: without the element itself; `reverse`: from the end. */
typedef struct {
  int32_t outer, size, inner, exclusive, reverse;
} tc_cumsum_t;

TC_EXTERN_C_BEGIN

/* Floats are added (or multiplied) one by one in row-major order from 0 (or 1) on; a mean ends in one division.
 * A NaN is never an extreme; of nothing but NaN the maximum is minus infinity. Integers wrap around. */
void tc_reduce_sum_f32(const float *x, float *y, const tc_reduce_t *p);
void tc_reduce_mean_f32(const float *x, float *y, const tc_reduce_t *p);
void tc_reduce_prod_f32(const float *x, float *y, const tc_reduce_t *p);
void tc_reduce_l1_f32(const float *x, float *y, const tc_reduce_t *p);
void tc_reduce_sum_square_f32(const float *x, float *y, const tc_reduce_t *p);
void tc_reduce_max_f32(const float *x, float *y, const tc_reduce_t *p);
void tc_reduce_min_f32(const float *x, float *y, const tc_reduce_t *p);
void tc_reduce_sum_s32(const int32_t *x, int32_t *y, const tc_reduce_t *p);
void tc_reduce_prod_s32(const int32_t *x, int32_t *y, const tc_reduce_t *p);
void tc_reduce_max_s32(const int32_t *x, int32_t *y, const tc_reduce_t *p);
void tc_reduce_min_s32(const int32_t *x, int32_t *y, const tc_reduce_t *p);
void tc_reduce_sum_s64(const int64_t *x, int64_t *y, const tc_reduce_t *p);
void tc_reduce_prod_s64(const int64_t *x, int64_t *y, const tc_reduce_t *p);
void tc_reduce_max_s64(const int64_t *x, int64_t *y, const tc_reduce_t *p);
void tc_reduce_min_s64(const int64_t *x, int64_t *y, const tc_reduce_t *p);
void tc_reduce_max_s8(const int8_t *x, int8_t *y, const tc_reduce_t *p);
void tc_reduce_min_s8(const int8_t *x, int8_t *y, const tc_reduce_t *p);
void tc_reduce_max_u8(const uint8_t *x, uint8_t *y, const tc_reduce_t *p);
void tc_reduce_min_u8(const uint8_t *x, uint8_t *y, const tc_reduce_t *p);

/* Sums and means: an exact int32 sum, rescaled once. */
void tc_reduce_sum_s8(const int8_t *x, int8_t *y, const tc_reduce_t *p);

/* y[outer][inner] = where the largest (smallest) of x[outer][:][inner] stands. */
void tc_arg_max_f32(const float *x, int64_t *y, const tc_arg_t *p);
void tc_arg_min_f32(const float *x, int64_t *y, const tc_arg_t *p);
void tc_arg_max_s8(const int8_t *x, int64_t *y, const tc_arg_t *p);
void tc_arg_min_s8(const int8_t *x, int64_t *y, const tc_arg_t *p);
void tc_arg_max_u8(const uint8_t *x, int64_t *y, const tc_arg_t *p);
void tc_arg_min_u8(const uint8_t *x, int64_t *y, const tc_arg_t *p);
void tc_arg_max_s32(const int32_t *x, int64_t *y, const tc_arg_t *p);
void tc_arg_min_s32(const int32_t *x, int64_t *y, const tc_arg_t *p);

void tc_cumsum_f32(const float *x, float *y, const tc_cumsum_t *p);
void tc_cumsum_s32(const int32_t *x, int32_t *y, const tc_cumsum_t *p);
void tc_cumsum_s64(const int64_t *x, int64_t *y, const tc_cumsum_t *p);

TC_EXTERN_C_END

#endif
