/* Softmax and its relatives along one dimension of a dense tensor [outer][count][inner]. */
#ifndef TC_SOFTMAX_H
#define TC_SOFTMAX_H

#include "tc_common.h"

typedef struct {
  int32_t outer, count, inner;
} tc_softmax_f32_t;

typedef struct {
  int32_t outer, count, inner, shift, y_zero;
} tc_softmax_s8_t;

typedef struct {
  int32_t outer, count, inner, shift;
  uint32_t multiplier;
  int32_t y_zero;
} tc_softmax_small_s8_t;

TC_EXTERN_C_BEGIN

/* terms[d]: exp(-d * scale_x) in fixed point; numerators[d]: that divided by the scale of y, or null where it is
 * terms[d] << shift. y = round(numerator / sum of terms) + y_zero. A sum of `count` terms stays below 2^31 and
 * numerators at most 2^31. y may be x. */
void tc_softmax_s8(const int8_t *x, int8_t *y, const uint32_t *terms, const uint32_t *numerators,
                   const tc_softmax_s8_t *p);

/* The same from levels[16 + 16]: terms[d] = levels[d / 16] * levels[16 + d % 16] / 2^32, and numerators[d] =
 * (terms[d] << shift) * multiplier / 2^32, both rounded. y may be x. */
void tc_softmax_small_s8(const int8_t *x, int8_t *y, const uint32_t *levels, const tc_softmax_small_s8_t *p);

/* y may be x. */
void tc_softmax_f32(const float *x, float *y, const tc_softmax_f32_t *p);
void tc_log_softmax_f32(const float *x, float *y, const tc_softmax_f32_t *p);

/* 1 at the first largest element, else 0. */
void tc_hardmax_f32(const float *x, float *y, const tc_softmax_f32_t *p);

TC_EXTERN_C_END

#endif
