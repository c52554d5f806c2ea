/* Selection for one element width; included by each tc_where_<bits>.c with TC_T defined. y may be an operand of the
 * same shape and width. The strides a, b, c of the block are those of the condition and the two tensors, in order. */
#include "tc_compare.h"

static inline void tc_where_row(const uint8_t *c, const TC_T *a, const TC_T *b, TC_T *y, const int32_t *step,
                                int32_t count) {
  const int32_t c_step = step[0], a_step = step[1], b_step = step[2];
  for (; count > 0; --count, c += c_step, a += a_step, b += b_step) *y++ = *c ? *a : *b;
}

static inline void tc_where_body(const uint8_t *c, const TC_T *a, const TC_T *b, TC_T *y, const tc_broadcast3_t *p) {
  const int32_t last = TC_BROADCAST_RANK - 1;
  const int32_t count = p->size[last];
  int32_t step[3];
  int32_t at[TC_BROADCAST_RANK - 1];
  tc_broadcast_start(at);
  step[0] = p->a[last];
  step[1] = p->b[last];
  step[2] = p->c[last];
  do {
    tc_where_row(c + tc_broadcast_offset(at, p->a), a + tc_broadcast_offset(at, p->b),
                 b + tc_broadcast_offset(at, p->c), y, step, count);
    y += count;
  } while (tc_broadcast_next(at, p->size) >= 0);
}
