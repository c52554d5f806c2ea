/* Position of an extreme; included by each tc_arg_<kind>_<type>.c with TC_T, TC_FIRST (an element that every other
 * one beats or equals) and TC_BEATS(v, best) defined. */
#include "tc_reduce.h"

static inline int32_t tc_arg_one(const TC_T *x, const tc_arg_t *p) {
  TC_T best = TC_FIRST;
  int32_t found = 0;
  for (int32_t i = 0; i < p->size; ++i) {
    const TC_T v = x[i * p->inner];
    if (TC_BEATS(v, best) || (p->last && v == best)) {
      best = v;
      found = i;
    }
  }
  return found;
}

static inline void tc_arg_body(const TC_T *x, int64_t *y, const tc_arg_t *p) {
  for (int32_t outer = 0; outer < p->outer; ++outer, x += p->size * p->inner)
    for (int32_t inner = 0; inner < p->inner; ++inner) *y++ = tc_arg_one(x + inner, p);
}
