#ifndef TC_KERNELS_H
#define TC_KERNELS_H

#include <stdint.h>

#ifndef TC_STEP
#define TC_STEP(index)
#endif

void tc_dense_s8(const int8_t *input, const int8_t *weights, const int32_t *bias, int8_t *output, int32_t inputs,
                 int32_t outputs, int32_t multiplier);
void tc_mean_s8(const int8_t *input, int8_t *output, int32_t pairs);

#endif
