/* Dense int8 products for cores with the DSP extension, from weights that were packed ahead: see tc_tile_dsp.h.
 * Sizes of scratch are in words; a step is four weights of a filter, the last one filled up with zeros. */
#ifndef TC_PACKED_DSP_H
#define TC_PACKED_DSP_H

#include "tc_conv.h"
#include "tc_matmul.h"

TC_EXTERN_C_BEGIN

/* Any convolution. `packed`: group by group in blocks of two channels, each filter as the whole words of all runs of
 * a window, then the last elements of all runs. scratch: 8 a step, two rows of a window, the last elements of all
 * runs of four windows, each of them filled up to words. */
void tc_conv2d_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p, int32_t *scratch);

/* The same with less scratch and code. `packed`: filters column by column of the window, each filled up to whole words.
 * scratch: the columns of two windows, those that they share once. */
void tc_conv2d_small_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                            int32_t *scratch);

/* The same for windows of three columns without dilation at stride 1 from left to right, and a multiple of four channels in
 * each group. `packed`: each filter row by row, four channels at a time, of which all columns in turn. scratch: four columns. */
void tc_conv2d_kx3_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p, int32_t *scratch);

/* The same for filters whose sums need 32 bits; packed in the usual arithmetic. */
void tc_conv2d_wide_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                           int32_t *scratch);

/* 1x1 convolutions of stride 1, whose pixels are the rows. `packed`: in blocks of two channels. scratch: 8 a step. */
void tc_conv2d_1x1_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_fully_connected_s8_t *p,
                          int32_t *scratch);

/* Fully connected layers, row by row. `packed`: in blocks of eight channels, the rest in blocks of four. scratch: a row
 * filled up to words, where the depth is no multiple of 4. */
void tc_fully_connected_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_fully_connected_s8_t *p,
                               int32_t *scratch);

/* The same with less code; all in blocks of four channels. */
void tc_fully_connected_small_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed,
                                     const tc_fully_connected_s8_t *p, int32_t *scratch);

TC_EXTERN_C_END

#endif
