/* Hyperbolic functions and their inverses in single precision, within 3 ulp. */
#ifndef TC_MATH_HYPERBOLIC_H
#define TC_MATH_HYPERBOLIC_H

#include <stdint.h>

#include "tc_float_bits.h"
#include "tc_math_exp.h"
#include "tc_math_round.h"

static inline float tc_sinhf(float x)
{
    const float a = tc_fabsf(x);
    float e;

    if (x != x) {
        return tc_nanf();
    }
    if (a < 2.44140625e-4f) { /* 2^-12 */
        return x;
    }
    if (a < 1.0f) {
        e = tc_expm1f(a);
        return tc_signed(0.5f * (e + e / (e + 1.0f)), tc_sign_of(x));
    }
    e = tc_exp_scaled(a, -1);
    return tc_signed(e - 0.25f / e, tc_sign_of(x));
}

static inline float tc_coshf(float x)
{
    float e;

    if (x != x) {
        return tc_nanf();
    }
    e = tc_exp_scaled(tc_fabsf(x), -1);
    return e + 0.25f / e;
}

static inline float tc_asinhf(float x)
{
    const float a = tc_fabsf(x);
    float square;

    if (x != x) {
        return tc_nanf();
    }
    if (a < 2.44140625e-4f) { /* 2^-12 */
        return x;
    }
    if (a > 16777216.0f) { /* 2^24: asinh(a) = log(2 a), and the square may overflow */
        return tc_signed(tc_logf(a) + 0.693147181f, tc_sign_of(x));
    }
    square = a * a;
    return tc_signed(tc_log1pf(a + square / (1.0f + tc_sqrtf(1.0f + square))), tc_sign_of(x));
}

static inline float tc_acoshf(float x)
{
    float t;

    if (!(x >= 1.0f)) {
        return tc_nanf();
    }
    if (x > 16777216.0f) { /* 2^24 */
        return tc_logf(x) + 0.693147181f;
    }
    t = x - 1.0f;
    return tc_log1pf(t + tc_sqrtf(2.0f * t + t * t));
}

static inline float tc_atanhf(float x)
{
    const float a = tc_fabsf(x);

    if (!(a <= 1.0f)) {
        return tc_nanf();
    }
    if (a < 2.44140625e-4f) { /* 2^-12 */
        return x;
    }
    return tc_signed(0.5f * tc_log1pf((2.0f * a) / (1.0f - a)), tc_sign_of(x));
}

#endif
