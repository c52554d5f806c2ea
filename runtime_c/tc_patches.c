/* Makes a result patch by patch of an image that the application keeps. */
#include "tc_patches.h"

#include "tc_tile_body.h"

int tc_patches(uint8_t *arena, const tc_patches_t *p, tc_read_patch_t read, void *context) {
  const tc_patch_t *patch = p->patches;
  uint8_t *y = arena + p->result;
  for (int32_t band = 0; band < p->bands; ++band, y += p->band_bytes) {
    const int32_t behind = band - (p->bands - p->tails);
    const int32_t variant = behind >= 0 ? p->heads + 1 + behind : tc_min_s32(band, p->heads);
    for (int32_t tile = 0; tile < p->tiles->columns; ++tile, ++patch) {
      const int status = read(context, patch->row, patch->column, patch->rows, patch->columns, arena + p->data);
      if (status != 0) return status;
      tc_tile_make(arena, NULL, y, variant, tile, p->tiles);
    }
  }
  return 0;
}
