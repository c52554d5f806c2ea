/* Single precision floats and their bit patterns, and the compiler settings that the float contract rests on. */
#ifndef TC_FLOAT_BITS_H
#define TC_FLOAT_BITS_H

#include <stdint.h>

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "float results are only defined without -ffast-math: every operation must be rounded on its own"
#endif
/* 16 is 0 with an additional rule for half precision. */
#if defined(__FLT_EVAL_METHOD__) && (__FLT_EVAL_METHOD__ != 0) && (__FLT_EVAL_METHOD__ != 16)
#error "float results are only defined where floats are evaluated in single precision (x86: -mfpmath=sse -msse2)"
#endif

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF /* gcc has no such pragma: -ffp-contract=off is required there */
#endif

#define TC_SIGN_BIT 0x80000000u
#define TC_INF_BITS 0x7f800000u
#define TC_NAN_BITS 0x7fc00000u

static inline uint32_t tc_f32_to_bits(float value)
{
    uint32_t bits;
    /* The builtin, because a freestanding compiler would turn plain memcpy into a call. */
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float tc_f32_from_bits(uint32_t bits)
{
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

/* Every NaN that a tc_ function returns is this one. */
static inline float tc_nanf(void)
{
    return tc_f32_from_bits(TC_NAN_BITS);
}

/* Infinity, negative if `sign` is TC_SIGN_BIT rather than 0. */
static inline float tc_inff(uint32_t sign)
{
    return tc_f32_from_bits(sign | TC_INF_BITS);
}

static inline uint32_t tc_sign_of(float x)
{
    return tc_f32_to_bits(x) & TC_SIGN_BIT;
}

static inline float tc_fabsf(float x)
{
    return tc_f32_from_bits(tc_f32_to_bits(x) & ~TC_SIGN_BIT);
}

/* A non-negative `magnitude` with the given sign bit. */
static inline float tc_signed(float magnitude, uint32_t sign)
{
    return tc_f32_from_bits(tc_f32_to_bits(magnitude) | sign);
}

/* 2^exponent, exponent in -126..127. */
static inline float tc_pow2f(int32_t exponent)
{
    return tc_f32_from_bits((uint32_t)(exponent + 127) << 23);
}

/* The integer nearest to x, half to even, in *integer and as a float: |x| <= 2^21. Adding 1.5 * 2^23 leaves the
 * rounded integer in the low bits. */
static inline float tc_nearest(float x, int32_t *integer)
{
    const float shifted = x + 12582912.0f;
    *integer = (int32_t)(tc_f32_to_bits(shifted) - 0x4b400000u);
    return shifted - 12582912.0f;
}

#endif
