/* One row of a matrix by four columns of another. */
#define TC_TILE_WEIGHTS TC_LINE("vldmia r12, {s8-s11}") TC_LINE("add r12, r12, r10")
#define TC_TILE_ELEMENTS                                                                                     \
  TC_TILE_WEIGHTS TC_TILE_ELEMENT(4, 8, 9, 10, 11) TC_TILE_WEIGHTS TC_TILE_ELEMENT(5, 8, 9, 10, 11)            \
  TC_TILE_WEIGHTS TC_TILE_ELEMENT(6, 8, 9, 10, 11) TC_TILE_WEIGHTS TC_TILE_ELEMENT(7, 8, 9, 10, 11)
#include "tc_tile_one_f32.h"

void tc_tile_one_rows_f32_fpu(tc_tile_f32_t *tile) { tc_tile_columns_f32(tile, tc_tile_one_block); }
