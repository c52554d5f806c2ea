/* One pixel by four channels. */
#define TC_TILE_WEIGHTS TC_LINE("vldmia r12!, {s8-s11}")
#define TC_TILE_ELEMENTS                                                                                     \
  TC_LINE("vldmia r12!, {s8-s23}") TC_TILE_ELEMENT(4, 8, 9, 10, 11) TC_TILE_ELEMENT(5, 12, 13, 14, 15)         \
  TC_TILE_ELEMENT(6, 16, 17, 18, 19) TC_TILE_ELEMENT(7, 20, 21, 22, 23)
#include "tc_tile_one_f32.h"

void tc_tile_one_f32_fpu(tc_tile_f32_t *tile) { tc_tile_blocks_f32(tile, 1, tc_tile_one_block); }
