/* A function of uint8 values by table. */
#include "tc_lut.h"

void tc_lut_u8(const uint8_t *x, void *y, const void *table, int32_t count) {
  const uint8_t *entries = (const uint8_t *)table;
  uint8_t *out = (uint8_t *)y;
  for (int32_t i = 0; i < count; ++i) out[i] = entries[x[i]];
}
