/* Concatenation of up to eight tensors of any element type, row by row. */
#include "tc_move.h"

void tc_concat(void *y, const void *x0, const void *x1, const void *x2, const void *x3, const void *x4,
               const void *x5, const void *x6, const void *x7, const tc_concat_t *p) {
  const void *const operands[TC_CONCAT_OPERANDS] = {x0, x1, x2, x3, x4, x5, x6, x7};
  uint8_t *to = (uint8_t *)y;
  for (int32_t row = 0; row < p->rows; ++row) {
    for (int32_t i = 0; i < TC_CONCAT_OPERANDS && p->bytes[i] > 0; ++i) {
      const size_t bytes = (size_t)p->bytes[i];
      TC_MEMCPY(to, (const uint8_t *)operands[i] + (size_t)row * bytes, bytes);
      to += bytes;
    }
  }
}
