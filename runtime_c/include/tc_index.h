/* Reading indices that the model computes: made safe, so that no value can leave the tensor. */
#ifndef TC_INDEX_H
#define TC_INDEX_H

#include "tc_common.h"

/* Entry `at` of an int32 or int64 tensor (`bytes` per entry) as an index into `size` entries. */
static inline int32_t tc_index_at(const void *indices, int32_t bytes, int32_t at, int32_t size) {
  int64_t index = bytes == 8 ? ((const int64_t *)indices)[at] : ((const int32_t *)indices)[at];
  if (index < 0) index += size;
  if (index < 0) return 0;
  return index < size ? (int32_t)index : size - 1;
}

#endif
