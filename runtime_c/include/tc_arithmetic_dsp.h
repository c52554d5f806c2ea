/* Sums and products of int8 tensors with the DSP extension, with the arguments of their portable siblings. */
#ifndef TC_ARITHMETIC_DSP_H
#define TC_ARITHMETIC_DSP_H

#include "tc_arithmetic.h"

TC_EXTERN_C_BEGIN

/* tc_add_s8 where y_zero is 0 and `offset` holds y_zero << shift too. */
void tc_add_s8_dsp(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_add_s8_t *q);

/* tc_mul_s8 for shifts from 33 to 54. */
void tc_mul_s8_dsp(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_mul_s8_t *q);

TC_EXTERN_C_END

#endif
