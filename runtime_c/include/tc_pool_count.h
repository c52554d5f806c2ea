/* How many positions a pooling window counts along one axis. */
#ifndef TC_POOL_COUNT_H
#define TC_POOL_COUNT_H

#include "tc_common.h"

/* The number of k in 0..kernel - 1 with lo <= start + k * dilation < hi. */
static inline int32_t tc_pool_positions(int32_t start, int32_t kernel, int32_t dilation, int32_t lo, int32_t hi) {
  int32_t found = 0;
  for (int32_t k = 0; k < kernel; ++k, start += dilation) found += start >= lo && start < hi;
  return found;
}

#endif
