/* Bytes by table. Four at a time, each kind of access side by side, because in-order cores pipeline neighbouring loads; all
 * reads of x come before the writes of y, which may be x. The including file defines TC_T, the type of x. */
#include "tc_lut.h"

/* y[i] = table[x[i]]. */
static inline void tc_lut_body(const TC_T *x, uint8_t *y, const uint8_t *table, int32_t count) {
  for (; count >= 4; count -= 4, x += 4, y += 4) {
    const int32_t a = x[0], b = x[1], c = x[2], d = x[3];
    const uint8_t p = table[a], q = table[b], r = table[c], s = table[d];
    y[0] = p, y[1] = q, y[2] = r, y[3] = s;
  }
  for (; count > 0; --count) *y++ = table[*x++];
}
