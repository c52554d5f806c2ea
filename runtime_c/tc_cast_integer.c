/* Integers of any width to any other: the low bytes are copied, the rest is filled with the sign. */
#include "tc_cast.h"

void tc_cast_integer(const void *x, void *y, int32_t count, int32_t x_bytes, int32_t y_bytes, int32_t x_signed) {
  const uint8_t *in = (const uint8_t *)x;
  uint8_t *out = (uint8_t *)y;
  const int32_t common = tc_min_s32(x_bytes, y_bytes);
  for (int32_t i = 0; i < count; ++i, in += x_bytes) {
    const uint8_t fill = x_signed && in[x_bytes - 1] >= 0x80u ? 0xffu : 0u;
    for (int32_t byte = 0; byte < common; ++byte) *out++ = in[byte];
    for (int32_t byte = common; byte < y_bytes; ++byte) *out++ = fill;
  }
}
