/* Byte offsets from rows of several indices. */
#ifndef TC_INDEX_ND_H
#define TC_INDEX_ND_H

#include "tc_index.h"
#include "tc_move.h"

/* The offset within one batch entry of what index row `row` names. */
static inline int32_t tc_index_nd_at(const void *indices, int32_t row, const tc_gather_nd_t *p) {
  int32_t offset = 0;
  for (int32_t d = 0; d < p->depth; ++d)
    offset += tc_index_at(indices, p->index_bytes, row * p->depth + d, p->size[d]) * p->stride[d];
  return offset;
}

#endif
