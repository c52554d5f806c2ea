/* Lookup tables: any function of one 8-bit tensor. y may be x. */
#ifndef TC_LUT_H
#define TC_LUT_H

#include "tc_common.h"

TC_EXTERN_C_BEGIN

/* y[i] = table[x[i] + 128] for bytes of either sign in y and table[256]. */
void tc_lut_s8(const int8_t *x, void *y, const void *table, int32_t count);

/* y[i] = table[x[i]] for bytes of either sign in y and table[256]. */
void tc_lut_u8(const uint8_t *x, void *y, const void *table, int32_t count);

TC_EXTERN_C_END

#endif
