/* Rows of a tensor chosen by computed indices along one dimension, for any element type. */
#include "tc_index.h"
#include "tc_move.h"

void tc_gather(const void *x, const void *indices, void *y, const tc_gather_t *p) {
  const uint8_t *block = (const uint8_t *)x;
  uint8_t *to = (uint8_t *)y;
  for (int32_t outer = 0; outer < p->outer; ++outer, block += p->size * p->run) {
    for (int32_t i = 0; i < p->count; ++i, to += p->run) {
      const uint8_t *from = block + tc_index_at(indices, p->index_bytes, i, p->size) * p->run;
      TC_MEMCPY(to, from, (size_t)p->run);
    }
  }
}
