/* A copy of a tensor with runs replaced at computed places, for any element type. */
#include "tc_index_nd.h"

void tc_scatter_nd(const void *x, const void *indices, const void *updates, void *y, size_t x_bytes,
                   const tc_gather_nd_t *p) {
  const uint8_t *from = (const uint8_t *)updates;
  uint8_t *to = (uint8_t *)y;
  TC_MEMCPY(y, x, x_bytes);
  for (int32_t row = 0; row < p->rows; ++row, from += p->run)
    TC_MEMCPY(to + tc_index_nd_at(indices, row, p), from, (size_t)p->run);
}
