/* Four rows of one matrix by four columns of another. */
#define TC_TILE_WEIGHTS TC_LINE("vldmia r12, {s24-s27}") TC_LINE("add r12, r12, r10")
#include "tc_tile_four_f32.h"

void tc_tile_four_rows_f32_fpu(tc_tile_f32_t *tile) { tc_tile_columns_f32(tile, tc_tile_four_block); }
