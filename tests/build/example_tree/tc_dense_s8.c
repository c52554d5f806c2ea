#include "tc_kernels.h"

void tc_dense_s8(const int8_t *input, const int8_t *weights, const int32_t *bias, int8_t *output, int32_t inputs,
                 int32_t outputs, int32_t multiplier) {
    int32_t o;
    for (o = 0; o < outputs; ++o) {
        int32_t sum = bias[o];
        int32_t i;
        int64_t scaled;
        for (i = 0; i < inputs; ++i) {
            sum += (int32_t)input[i] * (int32_t)weights[o * inputs + i];
        }
        scaled = ((int64_t)sum * (int64_t)multiplier + ((int64_t)1 << 34)) >> 35;
        scaled = scaled > 127 ? 127 : (scaled < -128 ? -128 : scaled);
        output[o] = (int8_t)scaled;
    }
}
