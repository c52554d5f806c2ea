/* A function of uint8 values by table. */
#define TC_T uint8_t
#include "tc_lut_body.h"

void tc_lut_u8(const uint8_t *x, void *y, const void *table, int32_t count) {
  tc_lut_body(x, (uint8_t *)y, (const uint8_t *)table, count);
}
