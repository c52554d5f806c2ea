/* Blocks of float32 products whose sums stay in the registers of the FPU.
 *
 * A tile is four pixels, or one, by four channels. The window of a pixel is `runs` dense runs of `length` elements, and
 * `spots` says where they start: for every run the spots of all pixels of the tile. Padding is a run of zeros, which
 * changes no sum as long as the weights are finite and the sum does not start as -0.
 *
 * Packed weights, for each block of four channels: their start values, then of every element of the runs the weights of
 * the four channels. Each sum runs from its start value over the elements in order; every product and sum is rounded on
 * its own. */
#ifndef TC_TILE_F32_H
#define TC_TILE_F32_H

#include "tc_common.h"

/* Pixels of the larger tile, and its sums. */
#define TC_TILE_F32_PIXELS 4
#define TC_TILE_F32_SUMS 16
/* Bytes of four channels of a block: start values, or the weights of one element. */
#define TC_TILE_F32_BYTES 16

#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__thumb2__) && defined(__GNUC__)
#define TC_TILE_F32_ASM 1
/* The address of a run. */
typedef const float *tc_spot_t;
#else
/* Where a run starts from x on, or TC_SPOT_ZEROS: scratch of the same size whatever the size of a pointer. */
typedef int32_t tc_spot_t;
#define TC_SPOT_ZEROS (-1)
#endif

/* The assembly knows the order of the fields. */
typedef struct {
  const float *start;   /* the start values of the first block */
  const float *weights; /* those of the first run; whatever a block has before or behind is left out */
  float *y;
  const tc_spot_t *spots;
  int32_t runs, length;
  float lo, hi;   /* the results are clamped to lo..hi */
  int32_t y_step; /* bytes from pixel to pixel */
  int32_t w_step; /* bytes from element to element: TC_TILE_F32_BYTES in packed weights */
  int32_t block;  /* elements from block to block */
  int32_t channels;
  const float *x, *zeros;
} tc_tile_f32_t;

static inline tc_spot_t tc_spot(const float *x, int32_t offset) {
#ifdef TC_TILE_F32_ASM
  return x + offset;
#else
  (void)x;
  return offset;
#endif
}

static inline tc_spot_t tc_spot_of_zeros(const float *zeros) {
#ifdef TC_TILE_F32_ASM
  return zeros;
#else
  (void)zeros;
  return TC_SPOT_ZEROS;
#endif
}

TC_EXTERN_C_BEGIN

/* All channels of four pixels, and of one. The tile is used on the way, and left as it was. */
void tc_tile_four_f32_fpu(tc_tile_f32_t *tile);
void tc_tile_one_f32_fpu(tc_tile_f32_t *tile);

/* Likewise with the rows of a matrix, `w_step` bytes apart, as weights; all columns have the same start values. */
void tc_tile_four_rows_f32_fpu(tc_tile_f32_t *tile);
void tc_tile_one_rows_f32_fpu(tc_tile_f32_t *tile);

TC_EXTERN_C_END

#endif
