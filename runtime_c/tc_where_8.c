/* Selection between 8-bit elements. */
#define TC_T uint8_t
#include "tc_where_body.h"

void tc_where_8(const void *c, const void *a, const void *b, void *y, const tc_broadcast3_t *p) {
  tc_where_body((const uint8_t *)c, (const uint8_t *)a, (const uint8_t *)b, (uint8_t *)y, p);
}
