/* Convolution kernels: geometry blocks and prototypes. Activations are NHWC, dense. */
#ifndef TC_CONV_H
#define TC_CONV_H

#include "tc_common.h"

/* Largest kernel_h of the depthwise kernels. */
#define TC_DEPTHWISE_ROWS 16
/* Most taps of the depthwise kernels for the DSP extension. */
#define TC_DEPTHWISE_TAPS 64

/* Sizes in elements. `in_zero`, `out_zero`: zero points; `lo`, `hi`: clamp of the int8 result. */
typedef struct {
  int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c;
  int16_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
  int32_t groups;
  int16_t in_zero, out_zero, lo, hi;
} tc_conv2d_s8_t;

typedef struct {
  int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c;
  int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w, groups;
  float lo, hi;
} tc_conv2d_f32_t;

TC_EXTERN_C_BEGIN

/* Any convolution. w[out_c][kernel_h][kernel_w][in_c/groups], bias[out_c], requant[out_c] = {multiplier, shift}. */
void tc_conv2d_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                  const tc_conv2d_s8_t *p);

/* The same for weights with zero points w_zero[out_c]. */
void tc_conv2d_asymmetric_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                             const int32_t *w_zero, const tc_conv2d_s8_t *p);

/* groups == in_c == out_c. w[kernel_h][kernel_w][in_c]; bias holds -in_zero * sum(w) too. */
void tc_depthwise_conv2d_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                            const tc_conv2d_s8_t *p);

/* The same with y == x and no larger result. scratch[ring_rows][in_w][in_c] keeps the rows that are overwritten while
 * windows still need them: `ring_rows` is the most of these at any time. */
void tc_depthwise_conv2d_inplace_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias,
                                    const int32_t *requant, const tc_conv2d_s8_t *p, int8_t *scratch,
                                    int32_t ring_rows);

/* The same for any number of channels, one after the other (TinyEngine, Lin et al., 2020); y == x is allowed where the
 * result is no larger. plane[] is scratch for what the windows of one channel span, padding included. */
void tc_depthwise_conv2d_planes_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias,
                                   const int32_t *requant, const tc_conv2d_s8_t *p, int8_t *plane);

/* The same with the DSP extension for at least four channels and at most TC_DEPTHWISE_TAPS taps; `packed` is described in
 * tc_depthwise_s8_dsp.h, zeros[in_c] is scratch. The 3x3 forms are for 3x3 without dilation. */
void tc_depthwise_conv2d_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                                int8_t *zeros);
void tc_depthwise_conv2d_inplace_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                                        int8_t *zeros, int8_t *scratch, int32_t ring_rows);
void tc_depthwise_conv2d_3x3_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                                    int8_t *zeros);
void tc_depthwise_conv2d_3x3_inplace_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                                            int8_t *zeros, int8_t *scratch, int32_t ring_rows);

/* 3x3 without dilation for at least four channels, at stride 1 along the lines: the rows, or with `columns` the columns, where
 * height and width are exchanged in p and in the filters. filters[in_c][8] and scratch, the input lines of `strip_lines`
 * lines of results, are described in tc_depthwise_planar_dsp.h. */
void tc_depthwise_conv2d_3x3_planar_s8_dsp(const int8_t *x, int8_t *y, const int32_t *filters, const tc_conv2d_s8_t *p,
                                           uint32_t *scratch, int32_t strip_lines, int32_t columns);

/* As the int8 forms in float32; bias may be null. Sums run in the order (ky, kx, channel) from the bias on. */
void tc_conv2d_f32(const float *x, float *y, const float *w, const float *bias, const tc_conv2d_f32_t *p);
void tc_depthwise_conv2d_f32(const float *x, float *y, const float *w, const float *bias, const tc_conv2d_f32_t *p);
void tc_depthwise_conv2d_inplace_f32(const float *x, float *y, const float *w, const float *bias,
                                     const tc_conv2d_f32_t *p, float *scratch, int32_t ring_rows);

/* For cores with an FPU; packed[] is described in tc_tile_f32.h, the blocks of one group after those of another. scratch
 * holds in_c / groups zeros and a word for each tap of four windows. Where there is padding, weights are finite and no
 * bias is -0. */
void tc_conv2d_f32_fpu(const float *x, float *y, const float *packed, const tc_conv2d_f32_t *p, float *scratch);

/* The same for groups == in_c == out_c >= 4; packed[] is described in tc_depthwise_tile_f32.h. scratch holds in_c zeros
 * and a word for each column that the windows of three pixels read, saved[ring_rows][in_w][in_c] is as for the other
 * kernels in place. */
void tc_depthwise_conv2d_f32_fpu(const float *x, float *y, const float *packed, const tc_conv2d_f32_t *p,
                                 float *scratch);
void tc_depthwise_conv2d_inplace_f32_fpu(const float *x, float *y, const float *packed, const tc_conv2d_f32_t *p,
                                         float *scratch, float *saved, int32_t ring_rows);

TC_EXTERN_C_END

#endif
