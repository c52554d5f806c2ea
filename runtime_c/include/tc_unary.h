/* float32 functions of one tensor of `count` elements; y may be x. Accuracies: docs/numerics.md. */
#ifndef TC_UNARY_H
#define TC_UNARY_H

#include "tc_common.h"

TC_EXTERN_C_BEGIN

void tc_abs_f32(const float *x, float *y, int32_t count);
void tc_acos_f32(const float *x, float *y, int32_t count);
void tc_acosh_f32(const float *x, float *y, int32_t count);
void tc_asin_f32(const float *x, float *y, int32_t count);
void tc_asinh_f32(const float *x, float *y, int32_t count);
void tc_atan_f32(const float *x, float *y, int32_t count);
void tc_atanh_f32(const float *x, float *y, int32_t count);
void tc_ceil_f32(const float *x, float *y, int32_t count);
void tc_cos_f32(const float *x, float *y, int32_t count);
void tc_cosh_f32(const float *x, float *y, int32_t count);
void tc_erf_f32(const float *x, float *y, int32_t count);
void tc_exp_f32(const float *x, float *y, int32_t count);
void tc_floor_f32(const float *x, float *y, int32_t count);
void tc_gelu_f32(const float *x, float *y, int32_t count);
void tc_gelu_tanh_f32(const float *x, float *y, int32_t count);
void tc_hard_swish_f32(const float *x, float *y, int32_t count);
void tc_log_f32(const float *x, float *y, int32_t count);
void tc_mish_f32(const float *x, float *y, int32_t count);
void tc_neg_f32(const float *x, float *y, int32_t count);
void tc_reciprocal_f32(const float *x, float *y, int32_t count);
void tc_round_f32(const float *x, float *y, int32_t count);
void tc_sigmoid_f32(const float *x, float *y, int32_t count);
void tc_sign_f32(const float *x, float *y, int32_t count);
void tc_sin_f32(const float *x, float *y, int32_t count);
void tc_sinh_f32(const float *x, float *y, int32_t count);
void tc_softplus_f32(const float *x, float *y, int32_t count);
void tc_softsign_f32(const float *x, float *y, int32_t count);
void tc_sqrt_f32(const float *x, float *y, int32_t count);
void tc_tan_f32(const float *x, float *y, int32_t count);
void tc_tanh_f32(const float *x, float *y, int32_t count);
/* min(max(v, a), b). */
void tc_clip_f32(const float *x, float *y, int32_t count, float a, float b);
/* v, and a * v below 0. */
void tc_leaky_relu_f32(const float *x, float *y, int32_t count, float a);
/* b * v, and a * (exp(v / c) - 1) below 0. */
void tc_elu_f32(const float *x, float *y, int32_t count, float a, float b, float c);
/* min(max(a * v + b, 0), 1). */
void tc_hard_sigmoid_f32(const float *x, float *y, int32_t count, float a, float b);
/* v * sigmoid(a * v). */
void tc_swish_f32(const float *x, float *y, int32_t count, float a);
/* v - b above a, v + b below -a, else 0. */
void tc_shrink_f32(const float *x, float *y, int32_t count, float a, float b);
/* v above a, else 0. */
void tc_thresholded_relu_f32(const float *x, float *y, int32_t count, float a);
/* v to the power a. */
void tc_pow_const_f32(const float *x, float *y, int32_t count, float a);
void tc_square_f32(const float *x, float *y, int32_t count);

TC_EXTERN_C_END

#endif
