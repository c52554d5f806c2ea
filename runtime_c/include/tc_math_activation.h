/* Activation functions in single precision: sigmoid, tanh and erf within 2.5 ulp, and both forms of GELU. */
#ifndef TC_MATH_ACTIVATION_H
#define TC_MATH_ACTIVATION_H

#include <stdint.h>

#include "tc_float_bits.h"
#include "tc_math_exp.h"

/* 1 / (1 + exp(-x)). */
static inline float tc_sigmoidf(float x)
{
    float e;

    if (x != x) {
        return tc_nanf();
    }
    e = tc_exp_scaled(-tc_fabsf(x), 0); /* never above 1: no overflow on either side */
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

static inline float tc_tanhf(float x)
{
    const float a = tc_fabsf(x);
    float p = -5.69229666e-3f;

    if (x != x) {
        return tc_nanf();
    }
    if (a < 2.44140625e-4f) { /* 2^-12: the cubic term is below half an ulp */
        return x;
    }
    if (a < 0.625f) {
        const float z = x * x;
        p = p * z + 2.06281673e-2f;
        p = p * z - 5.37365153e-2f;
        p = p * z + 1.33314058e-1f;
        p = p * z - 3.33332807e-1f;
        return x + x * (z * p);
    }
    p = a < 10.0f ? tc_exp_scaled(2.0f * a, 0) : tc_inff(0u);
    return tc_signed(1.0f - 2.0f / (p + 1.0f), tc_sign_of(x));
}

static inline float tc_erff(float x)
{
    const float a = tc_fabsf(x);
    float p;

    if (x != x) {
        return tc_nanf();
    }
    if (a < 0.875f) {
        const float z = x * x;
        p = 7.86780220e-5f;
        p = p * z - 8.02643714e-4f;
        p = p * z + 5.19094197e-3f;
        p = p * z - 2.68553644e-2f;
        p = p * z + 1.12836227e-1f;
        p = p * z - 3.76126289e-1f;
        p = p * z + 1.28379166e-1f;
        return x + x * p;
    }
    if (a > 3.9375f) {
        return tc_signed(1.0f, tc_sign_of(x));
    }
    p = -2.05627075e-5f; /* log(1 - erf(a)) */
    p = p * a + 4.28301893e-4f;
    p = p * a - 4.14122595e-3f;
    p = p * a + 2.50410046e-2f;
    p = p * a - 1.08159214e-1f;
    p = p * a - 6.33456230e-1f;
    p = p * a - 1.12946117f;
    p = p * a + 1.63586286e-4f;
    return tc_signed(1.0f - tc_exp_scaled(p, 0), tc_sign_of(x));
}

/* 0.5 * x * (1 + erf(x / sqrt(2))), as ONNX Gelu with approximate="none". */
static inline float tc_geluf(float x)
{
    const float y = (0.5f * x) * (1.0f + tc_erff(x * 0.707106781f));
    return y == y ? y : tc_nanf();
}

/* 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), as ONNX Gelu with approximate="tanh". */
static inline float tc_gelu_tanhf(float x)
{
    const float cubic = 0.044715f * ((x * x) * x);
    const float y = (0.5f * x) * (1.0f + tc_tanhf(0.797884561f * (x + cubic)));
    return y == y ? y : tc_nanf();
}

#endif
