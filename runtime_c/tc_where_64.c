/* Selection between 64-bit elements. */
#define TC_T uint64_t
#include "tc_where_body.h"

void tc_where_64(const void *c, const void *a, const void *b, void *y, const tc_broadcast3_t *p) {
  tc_where_body((const uint8_t *)c, (const uint64_t *)a, (const uint64_t *)b, (uint64_t *)y, p);
}
