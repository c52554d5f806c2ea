/* Selection between 32-bit elements. */
#define TC_T uint32_t
#include "tc_where_body.h"

void tc_where_32(const void *c, const void *a, const void *b, void *y, const tc_broadcast3_t *p) {
  tc_where_body((const uint8_t *)c, (const uint32_t *)a, (const uint32_t *)b, (uint32_t *)y, p);
}
