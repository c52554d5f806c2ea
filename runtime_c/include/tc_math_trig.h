/* Trigonometric functions in single precision for every float, and their inverses: within 2.5 ulp, tan 3.5. */
#ifndef TC_MATH_TRIG_H
#define TC_MATH_TRIG_H

#include <stdint.h>

#include "tc_float_bits.h"
#include "tc_math_round.h"

/* x = (4 * n + quadrant) * pi / 2 + remainder, |remainder| <= pi / 4, for a finite x >= 0; returns the quadrant.
 * After Payne and Hanek (1983): x / (pi / 2) modulo 4 in integers, from the 96 bits of 2 / pi that matter. */
static inline uint32_t tc_quadrant(float x, float *remainder)
{
    static const uint32_t two_over_pi[8] = {0u,          0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
                                            0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};
    const uint32_t bits = tc_f32_to_bits(x);
    const uint64_t significand = (bits & 0x007fffffu) | 0x00800000u;
    uint64_t window[3];
    uint64_t turns; /* 2 bits of quadrant, 62 of fraction */
    uint64_t fraction;
    uint32_t start;
    uint32_t i;
    int64_t part;

    if (x <= 0.785398185f) { /* pi / 4 */
        *remainder = x;
        return 0u;
    }
    start = (bits >> 23) - 120u;
    for (i = 0u; i < 3u; i++) {
        const uint32_t word = (start >> 5) + i;
        const uint64_t pair = ((uint64_t)two_over_pi[word] << 32) | two_over_pi[word + 1u];
        window[i] = (pair << (start & 31u)) >> 32;
    }
    turns = ((significand * window[0]) << 32) + significand * window[1] + ((significand * window[2]) >> 32);
    part = (int64_t)(turns << 2) >> 2;
    fraction = part < 0 ? 0u - (uint64_t)part : (uint64_t)part;
    /* times pi / 2 as a fixed-point number with 31 fractional bits, less 32: 61 remain */
    fraction = (fraction >> 32) * 0xc90fdaa2u + (((fraction & 0xffffffffu) * 0xc90fdaa2u) >> 32);
    *remainder = (float)(int64_t)fraction * (part < 0 ? -4.33680869e-19f : 4.33680869e-19f); /* 2^-61 */
    return (uint32_t)((turns - (uint64_t)part) >> 62);
}

/* sin(r) for |r| <= pi / 4. */
static inline float tc_sin_octant(float r)
{
    const float z = r * r;
    float p = 2.83251006e-6f;
    p = p * z - 1.98530644e-4f;
    p = p * z + 8.33337940e-3f;
    p = p * z - 1.66666672e-1f;
    return r + r * (z * p);
}

/* cos(r) for |r| <= pi / 4. */
static inline float tc_cos_octant(float r)
{
    const float z = r * r;
    const float half = 0.5f * z;
    const float head = 1.0f - half;
    float p = 2.44323273e-5f;
    p = p * z - 1.38873095e-3f;
    p = p * z + 4.16666456e-2f;
    return head + (((1.0f - head) - half) + (z * z) * p);
}

static inline float tc_sinf(float x)
{
    const float a = tc_fabsf(x);
    float r;
    float y;
    uint32_t quadrant;

    if (!(a < tc_inff(0u))) {
        return tc_nanf();
    }
    if (a < 2.44140625e-4f) { /* 2^-12 */
        return x;
    }
    quadrant = tc_quadrant(a, &r);
    y = quadrant & 1u ? tc_cos_octant(r) : tc_sin_octant(r);
    y = quadrant & 2u ? -y : y;
    return tc_sign_of(x) ? -y : y;
}

static inline float tc_cosf(float x)
{
    const float a = tc_fabsf(x);
    float r;
    float y;
    uint32_t quadrant;

    if (!(a < tc_inff(0u))) {
        return tc_nanf();
    }
    quadrant = tc_quadrant(a, &r);
    y = quadrant & 1u ? tc_sin_octant(r) : tc_cos_octant(r);
    return (quadrant + 1u) & 2u ? -y : y;
}

static inline float tc_tanf(float x)
{
    const float a = tc_fabsf(x);
    float r;
    float y;
    uint32_t quadrant;

    if (!(a < tc_inff(0u))) {
        return tc_nanf();
    }
    if (a < 2.44140625e-4f) { /* 2^-12 */
        return x;
    }
    quadrant = tc_quadrant(a, &r);
    y = quadrant & 1u ? -tc_cos_octant(r) / tc_sin_octant(r) : tc_sin_octant(r) / tc_cos_octant(r);
    return tc_sign_of(x) ? -y : y;
}

static inline float tc_atanf(float x)
{
    float t = tc_fabsf(x);
    float high = 0.0f;
    float low = 0.0f;
    float z;
    float p = -6.08986318e-2f;

    if (x != x) {
        return tc_nanf();
    }
    if (t < 2.44140625e-4f) { /* 2^-12 */
        return x;
    }
    if (t > 2.41421366f) { /* tan(3 pi / 8) */
        high = 1.57079637f; /* pi / 2 in two parts */
        low = -4.37113883e-8f;
        t = -1.0f / t;
    } else if (t > 0.414213568f) { /* tan(pi / 8) */
        high = 0.785398185f; /* pi / 4 in two parts */
        low = -2.18556941e-8f;
        t = (t - 1.0f) / (t + 1.0f);
    }
    z = t * t;
    p = p * z + 1.05991200e-1f;
    p = p * z - 1.42443880e-1f;
    p = p * z + 1.99985281e-1f;
    p = p * z - 3.33333164e-1f;
    return tc_signed(high + (t + (t * (z * p) + low)), tc_sign_of(x));
}

/* asin(t) - t for |t| <= 1/2. */
static inline float tc_asin_tail(float t)
{
    const float z = t * t;
    float p = 4.21583876e-2f;
    p = p * z + 2.41847429e-2f;
    p = p * z + 4.54691537e-2f;
    p = p * z + 7.49530941e-2f;
    p = p * z + 1.66667521e-1f;
    return t * (z * p);
}

static inline float tc_asinf(float x)
{
    const float a = tc_fabsf(x);
    float s;

    if (!(a <= 1.0f)) {
        return tc_nanf();
    }
    if (a <= 0.5f) {
        return x + tc_asin_tail(x);
    }
    s = tc_sqrtf(0.5f * (1.0f - a)); /* asin(a) = pi / 2 - 2 asin(s) */
    return tc_signed(1.57079637f - (2.0f * (s + tc_asin_tail(s)) + 4.37113883e-8f), tc_sign_of(x));
}

static inline float tc_acosf(float x)
{
    const float a = tc_fabsf(x);
    float s;

    if (!(a <= 1.0f)) {
        return tc_nanf();
    }
    if (a <= 0.5f) {
        return 1.57079637f - (x + (tc_asin_tail(x) + 4.37113883e-8f));
    }
    s = tc_sqrtf(0.5f * (1.0f - a)); /* acos(a) = 2 asin(s) */
    s = 2.0f * (s + tc_asin_tail(s));
    return x < 0.0f ? 3.14159274f - (s + 8.74227766e-8f) : s;
}

#endif
