/* A strided read for one element type; included by each tc_strided_<bits>.c with TC_T defined. */
#include "tc_odometer.h"

static inline void tc_strided_body(const TC_T *x, TC_T *y, const tc_strided_t *p) {
  const int32_t rows = tc_odometer_rows(p->size);
  const int32_t width = p->size[TC_MOVE_RANK - 1];
  const int32_t step = p->stride[TC_MOVE_RANK - 1];
  tc_odometer_t o;
  tc_odometer_start(&o, p->offset);
  for (int32_t row = 0; row < rows; ++row) {
    int32_t at = o.at;
    for (int32_t i = 0; i < width; ++i, at += step) *y++ = x[at];
    tc_odometer_next(&o, p->size, p->stride);
  }
}
