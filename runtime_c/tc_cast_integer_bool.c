/* Integers to bool: whether any byte is not 0. */
#include "tc_cast.h"

void tc_cast_integer_bool(const void *x, void *y, int32_t count, int32_t x_bytes) {
  const uint8_t *in = (const uint8_t *)x;
  uint8_t *out = (uint8_t *)y;
  for (int32_t i = 0; i < count; ++i) {
    uint8_t bits = 0;
    for (int32_t byte = 0; byte < x_bytes; ++byte) bits |= *in++;
    out[i] = bits != 0;
  }
}
