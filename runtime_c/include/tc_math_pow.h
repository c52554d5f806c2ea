/* Power: every special case as in C99, the general case in double precision and then rounded to single.
 * The error stays below 0.501 ulp, so that exact powers are exact. */
#ifndef TC_MATH_POW_H
#define TC_MATH_POW_H

#include <stdbool.h>
#include <stdint.h>

#include "tc_float_bits.h"
#include "tc_math_exp.h"

/* log2 of a finite positive float. */
static inline double tc_log2_double(float x)
{
    int32_t k;
    int32_t extra = 0;
    double m;
    double s;
    double z;
    double p = 0.19584059753353086;

    if (x < 1.17549435e-38f) { /* subnormal */
        x = x * 8388608.0f;
        extra = -23;
    }
    m = (double)tc_log_reduce(tc_f32_to_bits(x), &k);
    s = (m - 1.0) / (m + 1.0);
    z = s * s;
    p = p * z + 0.22176193983135362;
    p = p * z + 0.28572109060416895;
    p = p * z + 0.39999995622457107;
    p = p * z + 0.66666666675800146;
    p = p * z + 2.0;
    return (double)(k + extra) + (s * p) * 1.4426950408889634;
}

/* 2^t rounded to single precision. */
static inline float tc_exp2_single(double t)
{
    double r;
    double p = 2.4727168782192784e-05;
    double scale;
    uint64_t bits;
    int32_t n;

    t = t > 130.0 ? 130.0 : t;
    t = t < -152.0 ? -152.0 : t;
    n = (int32_t)(t < 0.0 ? t - 0.5 : t + 0.5);
    r = (t - (double)n) * 0.69314718055994531;
    p = p * r + 0.00019915464021307876;
    p = p * r + 0.0013889178982736349;
    p = p * r + 0.0083332669570949369;
    p = p * r + 0.041666664215844994;
    p = p * r + 0.16666666885816048;
    p = p * r + 0.50000000006196288;
    p = p * r + 0.99999999998057998;
    p = p * r + 0.99999999999976197;
    bits = (uint64_t)(uint32_t)(n + 1023) << 52;
    __builtin_memcpy(&scale, &bits, sizeof scale);
    return (float)(p * scale);
}

/* Whether y is an odd integer. */
static inline bool tc_is_odd(float y)
{
    const float magnitude = tc_fabsf(y);
    return magnitude < 16777216.0f && magnitude == (float)(int32_t)magnitude && ((int32_t)magnitude & 1);
}

static inline float tc_powf(float x, float y)
{
    const float base = tc_fabsf(x);
    const uint32_t sign = tc_is_odd(y) ? tc_sign_of(x) : 0u;
    const float infinity = tc_inff(0u);

    if (y == 0.0f || x == 1.0f) {
        return 1.0f;
    }
    if (x != x || y != y) {
        return tc_nanf();
    }
    if (tc_fabsf(y) == infinity) {
        if (base == 1.0f) {
            return 1.0f;
        }
        return (base > 1.0f) == (y > 0.0f) ? infinity : 0.0f;
    }
    if (base == 0.0f || base == infinity) {
        return tc_signed((base == 0.0f) == (y < 0.0f) ? infinity : 0.0f, sign);
    }
    if (x < 0.0f && tc_fabsf(y) < 8388608.0f && tc_fabsf(y) != (float)(int32_t)tc_fabsf(y)) {
        return tc_nanf(); /* a root of a negative number */
    }
    if (y == 2.0f) {
        return x * x;
    }
    return tc_signed(tc_exp2_single((double)y * tc_log2_double(base)), sign);
}

#endif
