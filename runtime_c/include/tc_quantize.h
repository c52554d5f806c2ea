/* Between float32 and integers, per tensor (one channel) or per channel. */
#ifndef TC_QUANTIZE_H
#define TC_QUANTIZE_H

#include "tc_common.h"

/* A dense tensor seen as [outer][channels][inner]. */
typedef struct {
  int32_t outer, channels, inner;
} tc_channels_t;

TC_EXTERN_C_BEGIN

/* y = saturate(rint(x / scale[c]) + zero[c]). The 8-bit forms may work in place. */
void tc_quantize_s8(const float *x, int8_t *y, const float *scale, const int32_t *zero, const tc_channels_t *p);
void tc_quantize_u8(const float *x, uint8_t *y, const float *scale, const int32_t *zero, const tc_channels_t *p);
void tc_quantize_s16(const float *x, int16_t *y, const float *scale, const int32_t *zero, const tc_channels_t *p);
void tc_quantize_u16(const float *x, uint16_t *y, const float *scale, const int32_t *zero, const tc_channels_t *p);

/* y = (x - zero[c]) * scale[c]; zero is 0 for int32. */
void tc_dequantize_s8(const int8_t *x, float *y, const float *scale, const int32_t *zero, const tc_channels_t *p);
void tc_dequantize_u8(const uint8_t *x, float *y, const float *scale, const int32_t *zero, const tc_channels_t *p);
void tc_dequantize_s16(const int16_t *x, float *y, const float *scale, const int32_t *zero, const tc_channels_t *p);
void tc_dequantize_u16(const uint16_t *x, float *y, const float *scale, const int32_t *zero, const tc_channels_t *p);
void tc_dequantize_s32(const int32_t *x, float *y, const float *scale, const int32_t *zero, const tc_channels_t *p);

TC_EXTERN_C_END

#endif
