/* Makes a band tile by tile. */
#include "tc_tile_body.h"

void tc_tiles(uint8_t *arena, const uint8_t *const *x, uint8_t *y, int32_t variant, const tc_tiles_t *t) {
  for (int32_t tile = 0; tile < t->columns; ++tile) tc_tile_make(arena, x, y, variant, tile, t);
}
