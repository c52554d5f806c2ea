/* Quantisation to one integer type; included by each tc_quantize_<type>.c with TC_T, TC_LO and TC_HI defined. */
#include "tc_numeric.h"
#include "tc_quantize.h"

static inline void tc_quantize_body(const float *x, TC_T *y, const float *scale, const int32_t *zero,
                                    const tc_channels_t *p) {
  for (int32_t n = 0; n < p->outer; ++n)
    for (int32_t c = 0; c < p->channels; ++c) {
      const float step = scale[c];
      const int32_t shift = zero[c];
      for (int32_t i = 0; i < p->inner; ++i) *y++ = (TC_T)tc_quantize_f32(*x++, step, shift, TC_LO, TC_HI);
    }
}
