/* Whether a float32 is infinite. */
#include "tc_compare.h"
#include "tc_float_bits.h"

void tc_isinf_f32(const float *x, void *y, int32_t count, int32_t negative, int32_t positive) {
  uint8_t *out = (uint8_t *)y;
  for (int32_t i = 0; i < count; ++i) {
    const uint32_t bits = tc_f32_to_bits(x[i]);
    out[i] = (bits == TC_INF_BITS && positive) || (bits == (TC_SIGN_BIT | TC_INF_BITS) && negative);
  }
}
