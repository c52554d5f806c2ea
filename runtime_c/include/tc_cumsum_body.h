/* Running sums; included by each tc_cumsum_<type>.c with TC_T and TC_ADD(a, b) defined. */
#include "tc_reduce.h"

static inline void tc_cumsum_body(const TC_T *x, TC_T *y, const tc_cumsum_t *p) {
  const int32_t first = p->reverse ? (p->size - 1) * p->inner : 0;
  const int32_t step = p->reverse ? -p->inner : p->inner;
  for (int32_t outer = 0; outer < p->outer; ++outer, x += p->size * p->inner, y += p->size * p->inner)
    for (int32_t inner = 0; inner < p->inner; ++inner) {
      TC_T sum = 0;
      for (int32_t i = 0, at = first + inner; i < p->size; ++i, at += step) {
        const TC_T v = x[at];
        if (p->exclusive) y[at] = sum;
        sum = TC_ADD(sum, v);
        if (!p->exclusive) y[at] = sum;
      }
    }
}
