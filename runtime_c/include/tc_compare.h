/* Comparisons, logic and selection with broadcasting. y may be an operand of the same shape and element size. */
#ifndef TC_COMPARE_H
#define TC_COMPARE_H

#include "tc_broadcast.h"

TC_EXTERN_C_BEGIN

/* Comparisons: y is bool, one byte, 0 or 1. */
void tc_equal_f32(const float *a, const float *b, void *y, const tc_broadcast2_t *p);
void tc_equal_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_equal_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_equal_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_equal_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_less_f32(const float *a, const float *b, void *y, const tc_broadcast2_t *p);
void tc_less_s8(const int8_t *a, const int8_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_u8(const uint8_t *a, const uint8_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_s16(const int16_t *a, const int16_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_u16(const uint16_t *a, const uint16_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_s32(const int32_t *a, const int32_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_u32(const uint32_t *a, const uint32_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_s64(const int64_t *a, const int64_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_u64(const uint64_t *a, const uint64_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_f32(const float *a, const float *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_s8(const int8_t *a, const int8_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_u8(const uint8_t *a, const uint8_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_s16(const int16_t *a, const int16_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_u16(const uint16_t *a, const uint16_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_s32(const int32_t *a, const int32_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_u32(const uint32_t *a, const uint32_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_s64(const int64_t *a, const int64_t *b, void *y, const tc_broadcast2_t *p);
void tc_less_equal_u64(const uint64_t *a, const uint64_t *b, void *y, const tc_broadcast2_t *p);

/* Operations on bits; on bools they are the logical ones. */
void tc_and_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_and_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_and_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_and_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_or_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_or_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_or_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_or_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_xor_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_xor_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_xor_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_xor_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p);

/* Selections: a where the bool c is not 0, else b. */
void tc_where_8(const void *c, const void *a, const void *b, void *y, const tc_broadcast3_t *p);
void tc_where_16(const void *c, const void *a, const void *b, void *y, const tc_broadcast3_t *p);
void tc_where_32(const void *c, const void *a, const void *b, void *y, const tc_broadcast3_t *p);
void tc_where_64(const void *c, const void *a, const void *b, void *y, const tc_broadcast3_t *p);

/* Classes of floats, as bool. isinf: `negative` and `positive` say which infinities count. */
void tc_isnan_f32(const float *x, void *y, int32_t count);
void tc_isinf_f32(const float *x, void *y, int32_t count, int32_t negative, int32_t positive);

TC_EXTERN_C_END

#endif
