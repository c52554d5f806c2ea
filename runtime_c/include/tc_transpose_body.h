/* The transpose for one element type; included by each tc_transpose_<bits>.c with TC_T defined. */
#include "tc_layout.h"

static inline void tc_transpose_body(const TC_T *x, TC_T *y, const tc_transpose_t *p) {
  const int32_t *size = p->size;
  const int32_t *stride = p->stride;
  for (int32_t a = 0; a < size[0]; ++a)
    for (int32_t b = 0; b < size[1]; ++b)
      for (int32_t c = 0; c < size[2]; ++c)
        for (int32_t d = 0; d < size[3]; ++d) {
          const TC_T *plane = x + a * stride[0] + b * stride[1] + c * stride[2] + d * stride[3];
          for (int32_t e = 0; e < size[4]; ++e) {
            const TC_T *row = plane + e * stride[4];
            for (int32_t f = 0; f < size[5]; ++f, row += stride[5]) *y++ = *row;
          }
        }
}
