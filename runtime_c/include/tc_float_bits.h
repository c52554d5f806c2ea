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

#endif
