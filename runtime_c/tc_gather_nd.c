/* Runs of a tensor chosen by computed rows of indices, for any element type. */
#include "tc_index_nd.h"

void tc_gather_nd(const void *x, const void *indices, void *y, const tc_gather_nd_t *p) {
  const uint8_t *block = (const uint8_t *)x;
  uint8_t *to = (uint8_t *)y;
  int32_t row = 0;
  for (int32_t batch = 0; batch < p->batch; ++batch, block += p->batch_bytes)
    for (int32_t i = 0; i < p->rows; ++i, ++row, to += p->run)
      TC_MEMCPY(to, block + tc_index_nd_at(indices, row, p), (size_t)p->run);
}
