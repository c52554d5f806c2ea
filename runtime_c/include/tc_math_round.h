/* Rounding to integers, minimum and maximum, remainder and square root: all exact or correctly rounded. */
#ifndef TC_MATH_ROUND_H
#define TC_MATH_ROUND_H

#include <stdint.h>

#include "tc_float_bits.h"

/* The smaller operand; of two equal ones (so of +0 and -0) the second; NaN if either is NaN. */
static inline float tc_minf(float a, float b)
{
    return a < b ? a : b <= a ? b : tc_nanf();
}

/* The larger operand; of two equal ones (so of +0 and -0) the second; NaN if either is NaN. */
static inline float tc_maxf(float a, float b)
{
    return a > b ? a : b >= a ? b : tc_nanf();
}

/* Towards zero; the sign of zero is kept. */
static inline float tc_truncf(float x)
{
    if (tc_fabsf(x) < 8388608.0f) { /* 2^23: larger floats are integers */
        return tc_signed((float)(int32_t)tc_fabsf(x), tc_sign_of(x));
    }
    return x == x ? x : tc_nanf();
}

static inline float tc_floorf(float x)
{
    const float cut = tc_truncf(x);
    return cut > x ? cut - 1.0f : cut;
}

static inline float tc_ceilf(float x)
{
    const float cut = tc_truncf(x);
    return cut < x ? cut + 1.0f : cut;
}

/* To nearest, half to even. */
static inline float tc_roundf(float x)
{
    if (tc_fabsf(x) < 8388608.0f) {
        return tc_signed((tc_fabsf(x) + 8388608.0f) - 8388608.0f, tc_sign_of(x));
    }
    return x == x ? x : tc_nanf();
}

/* The value x = significand * 2^(exponent - 150) of a finite positive float, the exponent being at least 1. */
static inline uint32_t tc_split_significand(uint32_t bits, int32_t *exponent)
{
    const int32_t field = (int32_t)(bits >> 23);
    *exponent = field > 0 ? field : 1;
    return field > 0 ? (bits & 0x007fffffu) | 0x00800000u : bits;
}

/* The float significand * 2^(exponent - 150), exactly: significand below 2^24, exponent at least 1. */
static inline float tc_join_significand(uint32_t significand, int32_t exponent)
{
    if (significand == 0u) {
        return 0.0f;
    }
    while (significand < 0x00800000u && exponent > 1) {
        significand <<= 1;
        exponent--;
    }
    if (significand < 0x00800000u) {
        return tc_f32_from_bits(significand);
    }
    return tc_f32_from_bits(((uint32_t)exponent << 23) | (significand & 0x007fffffu));
}

/* x - n * y with n = trunc(x / y), exactly; the sign of x. NaN if x is infinite or y is zero. */
static inline float tc_fmodf(float x, float y)
{
    const uint32_t divisor_bits = tc_f32_to_bits(y) & ~TC_SIGN_BIT;
    const uint32_t bits = tc_f32_to_bits(x) & ~TC_SIGN_BIT;
    int32_t exponent;
    int32_t divisor_exponent;
    uint32_t rest;
    uint32_t divisor;

    if (bits >= TC_INF_BITS || divisor_bits > TC_INF_BITS || divisor_bits == 0u) {
        return tc_nanf();
    }
    if (bits < divisor_bits) {
        return x;
    }
    rest = tc_split_significand(bits, &exponent);
    divisor = tc_split_significand(divisor_bits, &divisor_exponent);
    rest %= divisor;
    for (; exponent - divisor_exponent >= 8; exponent -= 8) { /* rest < 2^24: eight more bits fit 32 */
        rest = (rest << 8) % divisor;
    }
    rest = (rest << (exponent - divisor_exponent)) % divisor;
    return tc_signed(tc_join_significand(rest, divisor_exponent), tc_sign_of(x));
}

/* Square root of a finite positive float in integers, digit by digit, correctly rounded. */
static inline float tc_sqrt_soft(uint32_t bits)
{
    int32_t exponent;
    uint32_t rest = tc_split_significand(bits, &exponent);
    uint32_t root = 0u;
    uint32_t digit;

    while (rest < 0x00800000u) { /* subnormal */
        rest <<= 1;
        exponent--;
    }
    exponent -= 127;
    if (exponent & 1) {
        rest <<= 1;
    }
    rest <<= 1;
    for (digit = 0x01000000u; digit != 0u; digit >>= 1) { /* 25 digits: the last one decides the rounding */
        const uint32_t trial = root * 2u + digit;
        if (trial <= rest) {
            rest -= trial;
            root += digit;
        }
        rest <<= 1;
    }
    root += root & 1u; /* never a tie: a root of 25 digits has a square of more than 24 */
    return tc_f32_from_bits((root >> 1) + ((uint32_t)((exponent >> 1) + 126) << 23));
}

/* Correctly rounded square root: one instruction where there is one. sqrt(-0) is -0; NaN for x < 0. */
static inline float tc_sqrtf(float x)
{
    if (x == 0.0f) {
        return x;
    }
    if (!(x > 0.0f)) {
        return tc_nanf();
    }
/* Assembly, because the builtin needs libm unless -fno-math-errno is given. */
#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__arm__)
    __asm__("vsqrt.f32 %0, %1" : "=t"(x) : "t"(x));
    return x;
#elif defined(__SSE2__)
    __asm__("sqrtss %1, %0" : "=x"(x) : "x"(x));
    return x;
#elif defined(__aarch64__)
    __asm__("fsqrt %s0, %s1" : "=w"(x) : "w"(x));
    return x;
#else
    return tc_f32_to_bits(x) == TC_INF_BITS ? x : tc_sqrt_soft(tc_f32_to_bits(x));
#endif
}

#endif
