#include "tc_kernels.h"

void tc_mean_s8(const int8_t *input, int8_t *output, int32_t pairs) {
    int32_t i;
    for (i = 0; i < pairs; ++i) {
        output[i] = (int8_t)(((int32_t)input[2 * i] + (int32_t)input[2 * i + 1]) / 2);
    }
}
