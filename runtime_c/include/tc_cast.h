/* Conversions between element types, of `count` elements. */
#ifndef TC_CAST_H
#define TC_CAST_H

#include "tc_common.h"

/* `v` towards zero, saturated to LO..HI of type T; both bounds are exact as floats or round outwards. */
#define TC_CUT(v, T, LO, HI) ((v) >= (float)(HI) ? (T)(HI) : (v) <= (float)(LO) ? (T)(LO) : (v) == (v) ? (T)(v) : (T)0)

TC_EXTERN_C_BEGIN

/* Between integers of x_bytes and y_bytes, modulo 2^bits; little-endian. */
void tc_cast_integer(const void *x, void *y, int32_t count, int32_t x_bytes, int32_t y_bytes, int32_t x_signed);

/* 1 where x is not 0, else 0. */
void tc_cast_integer_bool(const void *x, void *y, int32_t count, int32_t x_bytes);
void tc_cast_f32_bool(const float *x, void *y, int32_t count);

/* 0 and 1. */
void tc_cast_bool_f32(const void *x, float *y, int32_t count);

/* Cut towards zero and saturated; NaN is 0. */
void tc_cast_f32_s8(const float *x, int8_t *y, int32_t count);
void tc_cast_f32_u8(const float *x, uint8_t *y, int32_t count);
void tc_cast_f32_s16(const float *x, int16_t *y, int32_t count);
void tc_cast_f32_u16(const float *x, uint16_t *y, int32_t count);
void tc_cast_f32_s32(const float *x, int32_t *y, int32_t count);
void tc_cast_f32_u32(const float *x, uint32_t *y, int32_t count);
void tc_cast_f32_s64(const float *x, int64_t *y, int32_t count);
void tc_cast_f32_u64(const float *x, uint64_t *y, int32_t count);

/* The nearest float. */
void tc_cast_s8_f32(const int8_t *x, float *y, int32_t count);
void tc_cast_u8_f32(const uint8_t *x, float *y, int32_t count);
void tc_cast_s16_f32(const int16_t *x, float *y, int32_t count);
void tc_cast_u16_f32(const uint16_t *x, float *y, int32_t count);
void tc_cast_s32_f32(const int32_t *x, float *y, int32_t count);
void tc_cast_u32_f32(const uint32_t *x, float *y, int32_t count);
void tc_cast_s64_f32(const int64_t *x, float *y, int32_t count);
void tc_cast_u64_f32(const uint64_t *x, float *y, int32_t count);

TC_EXTERN_C_END

#endif
