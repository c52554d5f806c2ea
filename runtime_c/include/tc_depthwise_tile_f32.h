/* Three neighbouring pixels by four channels of a float32 depthwise convolution, in the registers of the FPU.
 *
 * Where windows are one element apart, three taps of a row with their three pixels meet five columns of the input, each
 * of which is read once; other taps are taken one by one, for three pixels each. Columns in the padding are read from
 * zeros, which changes no sum as long as the weights are finite and no sum starts as -0; rows in the padding are left
 * out.
 *
 * Packed weights, for each block of four channels: their start values, then of every tap the weights of the four
 * channels. Where four does not divide the channels, the last block shares some with the one before. Each sum runs from
 * its start value over the taps in order; every product and sum is rounded on its own. */
#ifndef TC_DEPTHWISE_TILE_F32_H
#define TC_DEPTHWISE_TILE_F32_H

#include "tc_common.h"
#include "tc_tile_f32.h"

#define TC_DEPTHWISE_PIXELS 3
/* Taps of a row that are taken together, and columns that they meet. */
#define TC_DEPTHWISE_TRIPLE 3
#define TC_DEPTHWISE_COLUMNS 5

/* Spots are columns; in C, which column of which row: row * width + column, or TC_SPOT_ZEROS. The assembly knows the
 * order of the fields. */
typedef struct {
  const float *start;   /* the start values of the first block */
  const float *weights; /* those of the first row of the window that lies inside the image */
  float *y;
  const tc_spot_t *spots; /* of each row, the columns of the triples, then those of the single taps */
  int32_t rows, triples;  /* of the window, inside the image */
  float lo, hi;
  int32_t y_step; /* bytes from pixel to pixel */
  int32_t singles;
  int32_t channel; /* bytes of a pixel ahead of the block */
  int32_t block;   /* elements from block to block */
  int32_t channels, width;
  const float *const *lines; /* the rows inside the image */
  const float *zeros;
} tc_depthwise_tile_t;

TC_EXTERN_C_BEGIN

/* All channels, at least four, of each pixel; of three pixels only the first `pixels` are stored. The tile is used on
 * the way, and left as it was. */
void tc_tile_depthwise_f32_fpu(tc_depthwise_tile_t *tile, int32_t pixels);

TC_EXTERN_C_END

#endif
