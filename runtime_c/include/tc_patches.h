/* A stage of patches of an image that is not in memory: each patch is asked for when it is its turn. */
#ifndef TC_PATCHES_H
#define TC_PATCHES_H

#include "tc_tiles.h"

/* Writes the pixels [row, row + rows) x [column, column + columns) of the image to `data`, line by line without gaps.
 * Returns 0, or anything else to end the run. */
typedef int (*tc_read_patch_t)(void *context, int32_t row, int32_t column, int32_t rows, int32_t columns, void *data);

/* What a tile reads of the image. */
typedef struct {
  int16_t row, column, rows, columns;
} tc_patch_t;

/* `tiles` makes one tile of a band of the result, which lies at `result`; bands are `band_bytes` long. What a tile
 * reads (`patches`, band by band) is to be written to `data`. Offsets count from the arena. The first `heads` and the
 * last `tails` bands have variants of their own. */
typedef struct {
  const tc_tiles_t *tiles;
  const tc_patch_t *patches;
  uint32_t data, result, band_bytes;
  int16_t bands, heads, tails;
} tc_patches_t;

TC_EXTERN_C_BEGIN

/* Makes the whole result. Returns what `read` returned last: 0 when all is done. */
int tc_patches(uint8_t *arena, const tc_patches_t *p, tc_read_patch_t read, void *context);

TC_EXTERN_C_END

#endif
