/* Constant padding for one element type; included by each tc_pad_<bits>.c with TC_T defined. */
#include "tc_odometer.h"

static inline void tc_pad_body(const TC_T *x, TC_T *y, const TC_T *value, const tc_pad_t *p) {
  const int32_t rows = tc_odometer_rows(p->size);
  const int32_t width = p->size[TC_MOVE_RANK - 1];
  const TC_T fill = *value;
  tc_odometer_t o;
  for (int32_t i = 0; i < p->elements; ++i) y[i] = fill;
  tc_odometer_start(&o, p->offset);
  for (int32_t row = 0; row < rows; ++row) {
    TC_T *to = y + o.at;
    for (int32_t i = 0; i < width; ++i) to[i] = *x++;
    tc_odometer_next(&o, p->size, p->stride);
  }
}
