/* A function of int8 values by table. */
#define TC_T int8_t
#include "tc_lut_body.h"

void tc_lut_s8(const int8_t *x, void *y, const void *table, int32_t count) {
  tc_lut_body(x, (uint8_t *)y, (const uint8_t *)table + 128, count);
}
