/* Shifts of two integer tensors with broadcasting. y may be an operand of the same shape. */
#ifndef TC_SHIFT_H
#define TC_SHIFT_H

#include "tc_broadcast.h"

TC_EXTERN_C_BEGIN

/* a << b for integers of either sign; 0 for b < 0 and from the width on. */
void tc_shift_left_8(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_shift_left_16(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_shift_left_32(const void *a, const void *b, void *y, const tc_broadcast2_t *p);
void tc_shift_left_64(const void *a, const void *b, void *y, const tc_broadcast2_t *p);

/* a >> b with copies of the sign; nothing but copies of it for b < 0 and from the width on. */
void tc_shift_right_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p);
void tc_shift_right_u8(const uint8_t *a, const uint8_t *b, uint8_t *y, const tc_broadcast2_t *p);
void tc_shift_right_s16(const int16_t *a, const int16_t *b, int16_t *y, const tc_broadcast2_t *p);
void tc_shift_right_u16(const uint16_t *a, const uint16_t *b, uint16_t *y, const tc_broadcast2_t *p);
void tc_shift_right_s32(const int32_t *a, const int32_t *b, int32_t *y, const tc_broadcast2_t *p);
void tc_shift_right_u32(const uint32_t *a, const uint32_t *b, uint32_t *y, const tc_broadcast2_t *p);
void tc_shift_right_s64(const int64_t *a, const int64_t *b, int64_t *y, const tc_broadcast2_t *p);
void tc_shift_right_u64(const uint64_t *a, const uint64_t *b, uint64_t *y, const tc_broadcast2_t *p);

TC_EXTERN_C_END

#endif
