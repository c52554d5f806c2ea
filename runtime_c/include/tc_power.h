/* Powers and remainders of two tensors with broadcasting. y may be an operand of the same shape. */
#ifndef TC_POWER_H
#define TC_POWER_H

#include "tc_broadcast.h"

TC_EXTERN_C_BEGIN

/* a to the power b; integers modulo 2^bits, and cut towards zero for b < 0. */
void tc_pow_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p);
void tc_pow_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p);
void tc_pow_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p);

/* What is left of a after division by b: the sign of b, and 0 where b is 0. */
void tc_mod_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p);
void tc_mod_u8(const uint8_t *a, const uint8_t *b, uint8_t *y, const tc_broadcast2_t *p);
void tc_mod_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p);
void tc_mod_u16(const uint16_t *a, const uint16_t *b, uint16_t *y, const tc_broadcast2_t *p);
void tc_mod_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p);
void tc_mod_u32(const uint32_t *a, const uint32_t *b, uint32_t *y, const tc_broadcast2_t *p);
void tc_mod_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p);
void tc_mod_u64(const uint64_t *a, const uint64_t *b, uint64_t *y, const tc_broadcast2_t *p);

/* What is left of a after division by b: the sign of a; for integers 0 where b is 0. */
void tc_fmod_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p);
void tc_fmod_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p);
void tc_fmod_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p);
void tc_fmod_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p);
void tc_fmod_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p);

/* What is left of a after division by b: the sign of b. */
void tc_mod_f32(const float *a, const float *b, float *y, const tc_broadcast2_t *p);

TC_EXTERN_C_END

#endif
