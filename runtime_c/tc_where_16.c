/* Selection between 16-bit elements. */
#define TC_T uint16_t
#include "tc_where_body.h"

void tc_where_16(const void *c, const void *a, const void *b, void *y, const tc_broadcast3_t *p) {
  tc_where_body((const uint8_t *)c, (const uint16_t *)a, (const uint16_t *)b, (uint16_t *)y, p);
}
