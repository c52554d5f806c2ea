/* Four pixels by four channels. */
#define TC_TILE_WEIGHTS TC_LINE("vldmia r12!, {s24-s27}")
#include "tc_tile_four_f32.h"

void tc_tile_four_f32_fpu(tc_tile_f32_t *tile) { tc_tile_blocks_f32(tile, TC_TILE_F32_PIXELS, tc_tile_four_block); }
