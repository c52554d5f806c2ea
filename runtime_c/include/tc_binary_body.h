/* A function of two tensors with broadcasting, for one pair of types; y may be an operand of the same shape.
 * The including file defines TC_T (operands), TC_R (result), TC_F(a, b) and, where TC_F needs parameters `q`,
 * their type TC_Q. */
#include "tc_broadcast.h"

#ifndef TC_Q
#define TC_Q char
#endif

static inline void tc_binary_row(const TC_T *a, const TC_T *b, TC_R *y, int32_t count, int32_t a_step,
                                 int32_t b_step, const TC_Q q) {
  (void)q;
  for (; count > 0; --count, a += a_step, b += b_step) *y++ = TC_F(*a, *b);
}

static inline void tc_binary_body(const TC_T *a, const TC_T *b, TC_R *y, const tc_broadcast2_t *p, const TC_Q q) {
  const int32_t last = TC_BROADCAST_RANK - 1;
  const int32_t count = p->size[last];
  int32_t at[TC_BROADCAST_RANK - 1];
  tc_broadcast_start(at);
  do {
    tc_binary_row(a + tc_broadcast_offset(at, p->a), b + tc_broadcast_offset(at, p->b), y, count, p->a[last],
                  p->b[last], q);
    y += count;
  } while (tc_broadcast_next(at, p->size) >= 0);
}
