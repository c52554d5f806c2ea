/* A float32 function of one tensor, element by element; y may be x. The including file defines TC_F(v), which may
 * use the parameters a, b and c. */
#include "tc_float_bits.h"
#include "tc_unary.h"

static inline void tc_unary_body(const float *x, float *y, int32_t count, float a, float b, float c) {
  (void)a;
  (void)b;
  (void)c;
  for (int32_t i = 0; i < count; ++i) {
    const float v = x[i];
    y[i] = TC_F(v);
  }
}
