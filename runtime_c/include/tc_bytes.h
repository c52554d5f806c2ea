/* Moves bytes to a lower address (or to where nothing overlaps), four words at a time. */
#ifndef TC_BYTES_H
#define TC_BYTES_H

#include "tc_common.h"

/* The ranges may overlap when `to` lies below `from`: what is read is never behind what is written. */
static inline void tc_move_down(uint8_t *to, const uint8_t *from, uint32_t bytes) {
  for (; bytes >= 16u; bytes -= 16u, from += 16, to += 16) {
    uint32_t a, b, c, d; /* not an array: gcc would put it on the stack */
    TC_MEMCPY(&a, from, 4);
    TC_MEMCPY(&b, from + 4, 4);
    TC_MEMCPY(&c, from + 8, 4);
    TC_MEMCPY(&d, from + 12, 4);
    TC_MEMCPY(to, &a, 4);
    TC_MEMCPY(to + 4, &b, 4);
    TC_MEMCPY(to + 8, &c, 4);
    TC_MEMCPY(to + 12, &d, 4);
  }
  for (; bytes >= 4u; bytes -= 4u, from += 4, to += 4) {
    uint32_t word;
    TC_MEMCPY(&word, from, 4);
    TC_MEMCPY(to, &word, 4);
  }
  for (; bytes > 0u; --bytes) *to++ = *from++;
}

#endif
