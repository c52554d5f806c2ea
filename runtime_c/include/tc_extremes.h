/* Maxima and minima of two tensors with broadcasting. y may be an operand of the same shape. */
#ifndef TC_EXTREMES_H
#define TC_EXTREMES_H

#include "tc_broadcast.h"

TC_EXTERN_C_BEGIN

void tc_maximum_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p);
void tc_maximum_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p);
void tc_maximum_u8(const uint8_t *a, const uint8_t *b, uint8_t *y, const tc_broadcast2_t *p);
void tc_maximum_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p);
void tc_maximum_u16(const uint16_t *a, const uint16_t *b, uint16_t *y, const tc_broadcast2_t *p);
void tc_maximum_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p);
void tc_maximum_u32(const uint32_t *a, const uint32_t *b, uint32_t *y, const tc_broadcast2_t *p);
void tc_maximum_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p);
void tc_maximum_u64(const uint64_t *a, const uint64_t *b, uint64_t *y, const tc_broadcast2_t *p);
void tc_minimum_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p);
void tc_minimum_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p);
void tc_minimum_u8(const uint8_t *a, const uint8_t *b, uint8_t *y, const tc_broadcast2_t *p);
void tc_minimum_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p);
void tc_minimum_u16(const uint16_t *a, const uint16_t *b, uint16_t *y, const tc_broadcast2_t *p);
void tc_minimum_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p);
void tc_minimum_u32(const uint32_t *a, const uint32_t *b, uint32_t *y, const tc_broadcast2_t *p);
void tc_minimum_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p);
void tc_minimum_u64(const uint64_t *a, const uint64_t *b, uint64_t *y, const tc_broadcast2_t *p);

TC_EXTERN_C_END

#endif
