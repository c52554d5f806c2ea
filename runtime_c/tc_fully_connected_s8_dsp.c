/* int8 fully connected layers: eight filters at a time meet a row. */
#define TC_EIGHTS_TILE(tile) tc_tile_row_of_eight_s8_dsp(tile)
#include "tc_rows_dsp_body.h"

void tc_fully_connected_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_fully_connected_s8_t *p,
                               int32_t *scratch) {
  rows(x, y, packed, p, scratch);
}
