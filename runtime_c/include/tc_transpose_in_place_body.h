/* The transpose in place for one element type; included by each tc_transpose_in_place_<bits>.c with TC_T defined. */
#include "tc_layout.h"

static inline void tc_transpose_in_place_body(TC_T *y, const int32_t *first, const tc_cycles_t *p) {
  const uint32_t rows = (uint32_t)p->rows, columns = (uint32_t)p->columns;
  for (int32_t k = 0; k < p->cycles; ++k) {
    const uint32_t start = (uint32_t)first[k];
    const TC_T held = y[start];
    uint32_t place = start;
    for (;;) {
      const uint32_t column = place / rows;
      const uint32_t source = (place - column * rows) * columns + column;
      if (source == start) break;
      y[place] = y[source];
      place = source;
    }
    y[place] = held;
  }
}
