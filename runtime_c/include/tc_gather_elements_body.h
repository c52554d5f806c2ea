/* Gathering single elements for one element type; TC_T is the type. */
#include "tc_index.h"
#include "tc_odometer.h"

static inline void tc_gather_elements_body(const TC_T *x, const void *indices, TC_T *y, const tc_elements_t *p) {
  const int32_t rows = tc_odometer_rows(p->size);
  const int32_t width = p->size[TC_MOVE_RANK - 1];
  const int32_t step = p->stride[TC_MOVE_RANK - 1];
  tc_odometer_t o;
  int32_t at = 0;
  tc_odometer_start(&o, 0);
  for (int32_t row = 0; row < rows; ++row) {
    for (int32_t i = 0; i < width; ++i, ++at) {
      const int32_t index = tc_index_at(indices, p->index_bytes, at, p->axis_size);
      y[at] = x[o.at + i * step + index * p->axis_stride];
    }
    tc_odometer_next(&o, p->size, p->stride);
  }
}
