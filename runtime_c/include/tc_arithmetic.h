/* Arithmetic of two tensors with broadcasting. y may be an operand of the same shape. */
#ifndef TC_ARITHMETIC_H
#define TC_ARITHMETIC_H

#include "tc_broadcast.h"

/* y = ((a * a_multiplier + b * b_multiplier + offset) >> shift) + y_zero in int32, clamped to lo..hi. `offset` holds
 * the zero points of the operands and the rounding term. */
typedef struct {
  int32_t a_multiplier, b_multiplier, offset, shift, y_zero, lo, hi;
} tc_add_s8_t;

/* y = (a - a_zero) * (b - b_zero) * multiplier * 2^-shift + y_zero, clamped to lo..hi. */
typedef struct {
  int32_t multiplier, shift, a_zero, b_zero, y_zero, lo, hi;
} tc_mul_s8_t;

/* y = (a - a_zero) * factors[b - first] + y_zero, clamped to lo..hi. */
typedef struct {
  int32_t first, a_zero, y_zero, lo, hi;
} tc_div_s8_t;

TC_EXTERN_C_BEGIN

void tc_add_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_add_s8_t *q);
void tc_mul_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const tc_mul_s8_t *q);
/* factors[] = {multiplier, shift} of scale_a / (scale_b * scale_y) divided by b, for every b from `first` on. */
void tc_div_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const int32_t *factors,
               const tc_div_s8_t *q);

void tc_add_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p, const tc_range_f32_t *q);
void tc_sub_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p, const tc_range_f32_t *q);
void tc_mul_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p, const tc_range_f32_t *q);
void tc_div_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p, const tc_range_f32_t *q);

/* Integers of either sign, modulo 2^bits. */
void tc_add_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_add_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_add_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_add_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_sub_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_sub_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_sub_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_sub_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_mul_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_mul_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_mul_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_mul_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p);

/* Cut towards zero; 0 where b is 0. */
void tc_quotient_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p);
void tc_quotient_u8(const uint8_t *a, const uint8_t *b, uint8_t *y, const tc_broadcast2_t *p);
void tc_quotient_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p);
void tc_quotient_u16(const uint16_t *a, const uint16_t *b, uint16_t *y, const tc_broadcast2_t *p);
void tc_quotient_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p);
void tc_quotient_u32(const uint32_t *a, const uint32_t *b, uint32_t *y, const tc_broadcast2_t *p);
void tc_quotient_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p);
void tc_quotient_u64(const uint64_t *a, const uint64_t *b, uint64_t *y, const tc_broadcast2_t *p);

TC_EXTERN_C_END

#endif
