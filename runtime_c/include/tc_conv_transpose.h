/* Transposed convolution kernels. Activations are NHWC, dense; geometry and operands as in tc_conv.h. */
#ifndef TC_CONV_TRANSPOSE_H
#define TC_CONV_TRANSPOSE_H

#include "tc_conv.h"

TC_EXTERN_C_BEGIN

/* w[out_c][kernel_h][kernel_w][in_c/groups]; tap (ky, kx) of input row iy adds to output row
 * iy * stride_h - pad_top + ky * dilation_h. */
void tc_conv_transpose2d_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias,
                            const int32_t *requant, const tc_conv2d_s8_t *p);

/* As above in float32; bias may be null. Sums run in the order (ky, kx, channel) from the bias on. */
void tc_conv_transpose2d_f32(const float *x, float *y, const float *w, const float *bias,
                             const tc_conv2d_f32_t *p);

/* The input coordinate that reaches output `at` (counted without padding) through a tap `shift` further on, or -1. */
static inline int32_t tc_conv_transpose_source(int32_t at, int32_t shift, int32_t stride, int32_t size) {
  const int32_t distance = at - shift;
  if (distance < 0 || distance % stride != 0) return -1;
  return distance / stride < size ? distance / stride : -1;
}

TC_EXTERN_C_END

#endif
