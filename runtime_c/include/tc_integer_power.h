/* Powers of integers. */
#ifndef TC_INTEGER_POWER_H
#define TC_INTEGER_POWER_H

#include <stdint.h>

/* base ** exponent modulo 2^64; for a negative exponent the power cut towards zero, 0 for base 0. */
static inline int64_t tc_power_s64(int64_t base, int64_t exponent) {
  uint64_t square = (uint64_t)base;
  uint64_t power = 1u;
  if (exponent < 0) {
    if (base != 1 && base != -1) return 0;
    return exponent & 1 ? base : 1;
  }
  for (; exponent > 0; exponent >>= 1, square *= square)
    if (exponent & 1) power *= square;
  return (int64_t)power;
}

#endif
