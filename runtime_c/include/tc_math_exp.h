/* Exponentials and logarithms in single precision, at most 1 ulp off (expm1: 1.6).
 * The polynomials come from tools/minimax.py; where the operations round is part of the contract. */
#ifndef TC_MATH_EXP_H
#define TC_MATH_EXP_H

#include <stdint.h>

#include "tc_float_bits.h"

/* ln 2 in two parts: times an integer below 2^15 the first one is exact. */
#define TC_LN2_HIGH 0.693359375f
#define TC_LN2_LOW -2.12194440e-4f

/* x = k * ln 2 + remainder, |remainder| < 0.347, for |x| < 110. */
static inline float tc_exp_reduce(float x, int32_t *k)
{
    const float whole = tc_nearest(x * 1.44269504f, k);
    return (x - whole * TC_LN2_HIGH) - whole * TC_LN2_LOW;
}

/* exp(r) - 1 for |r| < 0.347. */
static inline float tc_exp_tail(float r)
{
    float p = 1.38388970e-3f;
    p = p * r + 8.36919248e-3f;
    p = p * r + 4.16681021e-2f;
    p = p * r + 1.66665167e-1f;
    p = p * r + 4.99999940e-1f;
    return r + (r * r) * p;
}

/* exp(x) * 2^extra for any x but NaN, rounded once where it is subnormal; extra is 0 or -1. */
static inline float tc_exp_scaled(float x, int32_t extra)
{
    float y;
    int32_t k;
    int32_t half;

    x = x > 90.0f ? 90.0f : x; /* infinite beyond 89.5 */
    x = x < -104.5f ? -104.5f : x; /* zero below -104 */
    y = 1.0f + tc_exp_tail(tc_exp_reduce(x, &k));
    k += extra;
    half = k >> 1;
    return (y * tc_pow2f(half)) * tc_pow2f(k - half); /* two steps: 2^k itself may not be a float */
}

static inline float tc_expf(float x)
{
    return x == x ? tc_exp_scaled(x, 0) : tc_nanf();
}

/* tc_expf, faster for x in -86..0: 2^k goes straight into the exponent of a normal number. */
static inline float tc_exp_below(float x)
{
    int32_t k;
    float y;

    if (!(x >= -86.0f)) {
        return tc_expf(x);
    }
    y = 1.0f + tc_exp_tail(tc_exp_reduce(x, &k));
    return tc_f32_from_bits(tc_f32_to_bits(y) + ((uint32_t)k << 23));
}

/* exp(x) - 1 without cancellation near 0. */
static inline float tc_expm1f(float x)
{
    int32_t k;
    float tail;

    if (x != x) {
        return tc_nanf();
    }
    if (x > 18.0f) {
        return tc_exp_scaled(x, 0);
    }
    if (x < -18.0f) {
        return -1.0f;
    }
    if (tc_fabsf(x) < 5.9604645e-8f) { /* 2^-24 */
        return x;
    }
    tail = tc_exp_tail(tc_exp_reduce(x, &k));
    return k == 0 ? tail : tail * tc_pow2f(k) + (tc_pow2f(k) - 1.0f);
}

/* x * 2^k = the positive normal number with these bits, x in [sqrt(1/2), sqrt(2)). */
static inline float tc_log_reduce(uint32_t bits, int32_t *k)
{
    *k = (int32_t)(bits - 0x3f3504f3u) >> 23;
    return tc_f32_from_bits(bits - ((uint32_t)*k << 23));
}

/* k * ln 2 + log(1 + f) + correction for 1 + f in [sqrt(1/2), sqrt(2)). */
static inline float tc_log_sum(float k, float f, float correction)
{
    const float s = f / (2.0f + f);
    const float z = s * s;
    const float half = (0.5f * f) * f;
    float p = 2.98707962e-1f;

    p = p * z + 3.99775833e-1f;
    p = p * z + 6.66667759e-1f;
    /* log(1 + f) = f - half + s * (half + z * p): the large part f enters last */
    p = s * (half + z * p) + (k * TC_LN2_LOW + correction);
    return k * TC_LN2_HIGH + (f - (half - p));
}

static inline float tc_logf(float x)
{
    int32_t k;
    int32_t extra = 0;
    float m;

    if (x != x || x < 0.0f) {
        return tc_nanf();
    }
    if (x == 0.0f) {
        return tc_inff(TC_SIGN_BIT);
    }
    if (tc_f32_to_bits(x) == TC_INF_BITS) {
        return x;
    }
    if (x < 1.17549435e-38f) { /* subnormal */
        x = x * 8388608.0f;
        extra = -23;
    }
    m = tc_log_reduce(tc_f32_to_bits(x), &k);
    return tc_log_sum((float)(k + extra), m - 1.0f, 0.0f);
}

/* log(1 + x) without cancellation near 0. */
static inline float tc_log1pf(float x)
{
    int32_t k;
    float u;
    float m;
    float lost;

    if (x != x || x < -1.0f) {
        return tc_nanf();
    }
    if (x == -1.0f) {
        return tc_inff(TC_SIGN_BIT);
    }
    if (tc_f32_to_bits(x) == TC_INF_BITS || tc_fabsf(x) < 5.9604645e-8f) { /* 2^-24 */
        return x;
    }
    if (x > -0.29f && x < 0.41f) {
        return tc_log_sum(0.0f, x, 0.0f);
    }
    u = 1.0f + x;
    lost = x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f); /* what the sum rounded away */
    m = tc_log_reduce(tc_f32_to_bits(u), &k);
    return tc_log_sum((float)k, m - 1.0f, lost / u);
}

#endif
