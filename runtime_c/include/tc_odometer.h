/* Walking the rows of a strided block: all dimensions but the last, in row-major order. */
#ifndef TC_ODOMETER_H
#define TC_ODOMETER_H

#include "tc_move.h"

typedef struct {
  int32_t index[TC_MOVE_RANK - 1];
  int32_t at; /* element offset of the current row */
} tc_odometer_t;

static inline void tc_odometer_start(tc_odometer_t *o, int32_t offset) {
  for (int32_t d = 0; d < TC_MOVE_RANK - 1; ++d) o->index[d] = 0;
  o->at = offset;
}

static inline void tc_odometer_next(tc_odometer_t *o, const int32_t *size, const int32_t *stride) {
  for (int32_t d = TC_MOVE_RANK - 2; d >= 0; --d) {
    o->at += stride[d];
    if (++o->index[d] < size[d]) return;
    o->at -= size[d] * stride[d];
    o->index[d] = 0;
  }
}

/* The number of rows. */
static inline int32_t tc_odometer_rows(const int32_t *size) {
  int32_t rows = 1;
  for (int32_t d = 0; d < TC_MOVE_RANK - 1; ++d) rows *= size[d];
  return rows;
}

#endif
