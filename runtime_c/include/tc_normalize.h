/* Normalisations of float32 tensors. y may be x in tc_normalize_f32, not in tc_lrn_f32. */
#ifndef TC_NORMALIZE_H
#define TC_NORMALIZE_H

#include "tc_common.h"

/* `centred`: whether the mean of each row is subtracted first. */
typedef struct {
  int32_t rows, count, centred;
  float epsilon;
} tc_normalize_t;

/* The window reaches from `before` channels before to `after` channels after each channel; step = alpha / size. */
typedef struct {
  int32_t rows, channels, before, after;
  float step, beta, bias;
} tc_lrn_t;

TC_EXTERN_C_BEGIN

/* Each row d of `count` elements: y = d / sqrt(mean(d^2) + epsilon) * scale[count] + bias[count]; either or both of
 * scale and bias may be null. */
void tc_normalize_f32(const float *x, float *y, const float *scale, const float *bias, const tc_normalize_t *p);

/* y = x / (bias + step * (sum of x^2 over the window))^beta. */
void tc_lrn_f32(const float *x, float *y, const tc_lrn_t *p);

TC_EXTERN_C_END

#endif
