/* Reading through one index table per dimension; included by each tc_take_<bits>.c with TC_T defined. */
#include "tc_move.h"

static inline void tc_take_body(const TC_T *x, TC_T *y, const int32_t *tables, const tc_take_t *p) {
  const int32_t last = TC_MOVE_RANK - 1;
  const int32_t *table[TC_MOVE_RANK];
  int32_t index[TC_MOVE_RANK];
  int32_t rows = 1;
  for (int32_t d = 0; d <= last; ++d) {
    table[d] = tables;
    tables += p->size[d];
    index[d] = 0;
    if (d < last) rows *= p->size[d];
  }
  for (int32_t row = 0; row < rows; ++row) {
    int32_t base = 0;
    for (int32_t d = 0; d < last; ++d) base += table[d][index[d]];
    for (int32_t i = 0; i < p->size[last]; ++i) {
      const TC_T *from = x + base + table[last][i];
      for (int32_t j = 0; j < p->run; ++j) *y++ = from[j];
    }
    for (int32_t d = last - 1; d >= 0 && ++index[d] == p->size[d]; --d) index[d] = 0;
  }
}
