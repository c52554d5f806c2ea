/* One reduction; included by each tc_reduce_<kind>_<type>.c with TC_T (element type), TC_ACC (type of the running
 * value), TC_FIRST (its start), TC_STEP(acc, v) and TC_FINISH(acc, p) defined. */
#include "tc_reduce.h"

static inline TC_ACC tc_reduce_one(const TC_T *x, const tc_reduce_t *p) {
  TC_ACC acc = TC_FIRST;
  for (int32_t a = 0; a < p->size[0]; ++a)
    for (int32_t b = 0; b < p->size[1]; ++b)
      for (int32_t c = 0; c < p->size[2]; ++c) {
        const TC_T *row = x + a * p->stride[0] + b * p->stride[1] + c * p->stride[2];
        for (int32_t i = 0; i < p->size[3]; ++i) acc = TC_STEP(acc, row[i * p->stride[3]]);
      }
  return acc;
}

static inline void tc_reduce_body(const TC_T *x, TC_T *y, const tc_reduce_t *p) {
  for (int32_t a = 0; a < p->kept_size[0]; ++a)
    for (int32_t b = 0; b < p->kept_size[1]; ++b)
      for (int32_t c = 0; c < p->kept_size[2]; ++c) {
        const TC_T *row = x + a * p->kept_stride[0] + b * p->kept_stride[1] + c * p->kept_stride[2];
        for (int32_t i = 0; i < p->kept_size[3]; ++i) {
          const TC_ACC acc = tc_reduce_one(row + i * p->kept_stride[3], p);
          *y++ = TC_FINISH(acc, p);
        }
      }
}
