/* The integer arithmetic contract: requantisation, saturation, affine quantisation.
 * Bit-identical to tinycompile/numeric/{fixed_point,affine}.py; the rules are set out in docs/numerics.md.
 * A right shift of a negative integer is arithmetic, as in every compiler for the supported targets. */
#ifndef TC_NUMERIC_H
#define TC_NUMERIC_H

#include <stdint.h>

#include "tc_float_bits.h"

static inline int32_t tc_clamp_s32(int32_t value, int32_t lo, int32_t hi)
{
    const int32_t floored = value < lo ? lo : value;
    return floored > hi ? hi : floored;
}

static inline int8_t tc_saturate_s8(int32_t value)
{
    return (int8_t)tc_clamp_s32(value, -128, 127);
}

static inline uint8_t tc_saturate_u8(int32_t value)
{
    return (uint8_t)tc_clamp_s32(value, 0, 255);
}

/* (acc * multiplier + 2^(shift - 1)) >> shift, saturated to int32: the exact product rounded once to nearest,
 * ties towards plus infinity. |multiplier| < 2^31, shift in 1..62. */
static inline int32_t tc_requantize(int32_t acc, int32_t multiplier, int32_t shift)
{
    const int64_t product = (int64_t)acc * multiplier;
    int64_t rounded;

    if (shift > 32) { /* the low word cannot carry into the result: SMULL (or SMMUL), add, shift */
        const int32_t high = (int32_t)(product >> 32);
        return (high + ((int32_t)1 << (shift - 33))) >> (shift - 32);
    }
    rounded = (product + ((int64_t)1 << (shift - 1))) >> shift;
    if (rounded > INT32_MAX) {
        return INT32_MAX;
    }
    return rounded < INT32_MIN ? INT32_MIN : (int32_t)rounded;
}

/* tc_requantize, plus zero_point, clamped to lo..hi (itself within int8). */
static inline int8_t tc_requantize_s8(int32_t acc, int32_t multiplier, int32_t shift, int32_t zero_point,
                                      int32_t lo, int32_t hi)
{
    /* Clamped before the zero point is added, so that a saturated int32 cannot overflow. */
    const int32_t scaled = tc_requantize(acc, multiplier, shift);
    return (int8_t)(tc_clamp_s32(scaled, lo - zero_point, hi - zero_point) + zero_point);
}

/* tc_requantize_s8 with ties away from 0 in the int8 result, for means. */
static inline int8_t tc_requantize_away_s8(int32_t acc, int32_t multiplier, int32_t shift, int32_t zero_point,
                                           int32_t lo, int32_t hi)
{
    const int64_t raised = (int64_t)acc * multiplier + ((int64_t)1 << (shift - 1));
    int64_t scaled = (raised >> shift) + zero_point;

    if (scaled <= 0 && (raised & (((int64_t)1 << shift) - 1)) == 0) {
        scaled -= 1;
    }
    if (scaled > hi) {
        return (int8_t)hi;
    }
    return scaled < lo ? (int8_t)lo : (int8_t)scaled;
}

/* (x * mx + z * mz + 2^(shift - 1)) >> shift in int32, for |x|, |z| <= 255, |mx|, |mz| < 2^21, shift in 1..31. */
static inline int32_t tc_requantize_pair(int32_t x, int32_t mx, int32_t z, int32_t mz, int32_t shift)
{
    return (x * mx + z * mz + ((int32_t)1 << (shift - 1))) >> shift;
}

/* saturate(rint(real / scale) + zero_point) to lo..hi, half to even; NaN gives the zero point. scale is positive
 * and finite; zero_point, lo and hi fit 16 bits (signed or unsigned) and lo <= zero_point <= hi. */
static inline int32_t tc_quantize_f32(float real, float scale, int32_t zero_point, int32_t lo, int32_t hi)
{
    float steps = real / scale;
    int32_t rounded;

    if (steps != steps) {
        return zero_point;
    }
    steps = steps < -131072.0f ? -131072.0f : steps;
    steps = steps > 131072.0f ? 131072.0f : steps;
    (void)tc_nearest(steps, &rounded);
    return tc_clamp_s32(rounded + zero_point, lo, hi);
}

static inline int8_t tc_quantize_f32_s8(float real, float scale, int32_t zero_point)
{
    return (int8_t)tc_quantize_f32(real, scale, zero_point, -128, 127);
}

static inline uint8_t tc_quantize_f32_u8(float real, float scale, int32_t zero_point)
{
    return (uint8_t)tc_quantize_f32(real, scale, zero_point, 0, 255);
}

static inline float tc_dequantize_s8_f32(int8_t quantized, float scale, int32_t zero_point)
{
    return (float)(quantized - zero_point) * scale;
}

static inline float tc_dequantize_u8_f32(uint8_t quantized, float scale, int32_t zero_point)
{
    return (float)(quantized - zero_point) * scale;
}

#endif
