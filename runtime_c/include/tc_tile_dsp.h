/* Small blocks of dense int8 products for cores with the DSP extension.
 *
 * Four activations x0..x3 are kept as the words v = (x ^ 0x80 in bytes 0 and 2) and u = 255 - bytes 0 and 2 of v, four
 * weights w0..w3 as the halves m = 256 * -w_even + w_odd. Then, half by half,
 *
 *   m * u + low_byte(m) * v = 256 * (w_even * x_even + w_odd * x_odd) - 256 * 127 * w_even + 255 * w_odd
 *
 * so that one SXTB16 unpacks four weights, where taking the bytes apart needs two. Sums are 256 times the usual ones and
 * wrap around on the way; kernels take only filters whose final sums fit 24 bits. The last two terms are part of the
 * start value. Filters with larger sums have a tile of their own, in the usual arithmetic.
 *
 * Packed weights, int32, for each block of channels: their start values, then the words of four weights, a word of each
 * channel in turn, then {multiplier, shift} of each. A result is, with the high word of a product,
 *
 *   saturated to int8: ((high(sum * multiplier) + (zero << shift)) >> shift) >> 1,   zero = 2 * out_zero + 1
 *
 * which is tc_requantize_s8 for a shift that is larger by 25 (in the usual arithmetic by 33). */
#ifndef TC_TILE_DSP_H
#define TC_TILE_DSP_H

#include "tc_common.h"

/* Blocks of channels from `packed` to `end` for the pixels of one column. The assembly knows the order of the fields. */
typedef struct {
  const int32_t *packed;
  const void *column, *column_end;
  int8_t *y;
  int32_t y_step; /* bytes from pixel to pixel */
  int32_t zero;
  const int32_t *end;
  int32_t apart; /* bytes from the column of one pixel to that of the other, in tiles of two */
} tc_tile_t;

TC_EXTERN_C_BEGIN

/* Two channels a block, four pixels; column: u of the four pixels, v of the four pixels, for every four weights. */
void tc_tile_four_s8_dsp(const tc_tile_t *tile);

/* Two channels a block, two pixels, each with a column of v; the columns may overlap. */
void tc_tile_two_s8_dsp(const tc_tile_t *tile);

/* The same for two pixels side by side, stride 1 and windows of three columns. Both span four columns of activations;
 * column: v of these four, for every four channels of every row. Weights: those of three columns, in the same order. With
 * a y_step of 0 the results of the first pixel remain. */
void tc_tile_two_kx3_s8_dsp(const tc_tile_t *tile);

/* Two channels a block, one pixel with a column of v. */
void tc_tile_one_s8_dsp(const tc_tile_t *tile);

/* Two channels a block, two pixels, in the usual arithmetic: weights and activations are plain bytes. */
void tc_tile_wide_s8_dsp(const tc_tile_t *tile);

/* Four channels a block, one pixel; column: the activations themselves, at any address. */
void tc_tile_row_s8_dsp(const tc_tile_t *tile);

/* The same for eight channels a block. */
void tc_tile_row_of_eight_s8_dsp(const tc_tile_t *tile);

TC_EXTERN_C_END

#endif
