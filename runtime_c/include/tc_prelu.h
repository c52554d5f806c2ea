/* Leaky rectifiers a whose slope b is a tensor, with broadcasting. y may be an operand of the same shape. */
#ifndef TC_PRELU_H
#define TC_PRELU_H

#include "tc_broadcast.h"

/* Factors of a - a_zero where it is not negative, and of (a - a_zero) * (b - b_zero) where it is. */
typedef struct {
  int32_t multiplier, shift, slope_multiplier, slope_shift, a_zero, b_zero, y_zero;
} tc_prelu_s8_t;

TC_EXTERN_C_BEGIN

void tc_prelu_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_prelu_s8_t *q);
void tc_prelu_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p);

TC_EXTERN_C_END

#endif
