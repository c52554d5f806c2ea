/* Dequantisation from one integer type; included by each tc_dequantize_<type>.c with TC_T defined. */
#include "tc_float_bits.h"
#include "tc_quantize.h"

static inline void tc_dequantize_body(const TC_T *x, float *y, const float *scale, const int32_t *zero,
                                      const tc_channels_t *p) {
  for (int32_t n = 0; n < p->outer; ++n)
    for (int32_t c = 0; c < p->channels; ++c) {
      const float step = scale[c];
      const int32_t shift = zero[c];
      for (int32_t i = 0; i < p->inner; ++i) *y++ = (float)((int32_t)*x++ - shift) * step;
    }
}
