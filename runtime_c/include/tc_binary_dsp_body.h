/* A function of two int8 tensors that are dense along the innermost loop, four elements at a time; y may be an operand of
 * the same shape. The including file defines TC_Q, the type of its parameters `q` with bounds `lo` and `hi` of the results,
 * and, before these bound them, TC_ONE(a, b, q), the result of two elements, and TC_FOUR(a, b, q), those of two words. */
#include "tc_broadcast.h"
#include "tc_dsp.h"

static inline void tc_binary_row(const int8_t *a, const int8_t *b, int8_t *y, int32_t count, const TC_Q q) {
  for (; count >= 4; count -= 4, a += 4, b += 4, y += 4) tc_store_word(y, TC_FOUR(tc_load_word(a), tc_load_word(b), &q));
  for (; count > 0; --count) *y++ = (int8_t)TC_ONE(*a++, *b++, &q);
}

static inline void tc_binary_body(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p,
                                  const TC_Q *parameters) {
  const TC_Q q = *parameters;
  const int32_t count = p->size[TC_BROADCAST_RANK - 1];
  int32_t at[TC_BROADCAST_RANK - 1];
  tc_broadcast_start(at);
  do {
    tc_binary_row(a + tc_broadcast_offset(at, p->a), b + tc_broadcast_offset(at, p->b), y, count, q);
    if (q.lo > -128 || q.hi < 127) tc_bound_s8(y, count, q.lo, q.hi);
    y += count;
  } while (tc_broadcast_next(at, p->size) >= 0);
}
