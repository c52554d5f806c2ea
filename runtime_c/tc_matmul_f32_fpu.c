/* float32 matrix product for cores with an FPU; each sum runs over the depth in order. */
#include "tc_matmul_batch.h"
#include "tc_tile_f32.h"

/* One pair of matrices; `tile` holds what is the same for all. */
static void product(const float *a, const tc_matmul_t *p, tc_tile_f32_t *tile, tc_spot_t *spots) {
  int32_t left = p->rows, at = 0;
  tile->x = a;
  for (; left >= TC_TILE_F32_PIXELS; left -= TC_TILE_F32_PIXELS, tile->y += TC_TILE_F32_PIXELS * p->columns) {
    for (int32_t i = 0; i < TC_TILE_F32_PIXELS; ++i, at += p->depth) spots[i] = tc_spot(a, at);
    tc_tile_four_rows_f32_fpu(tile);
  }
  for (; left > 0; --left, at += p->depth, tile->y += p->columns) {
    spots[0] = tc_spot(a, at);
    tc_tile_one_rows_f32_fpu(tile);
  }
}

void tc_matmul_f32_fpu(const float *a, const float *b, float *y, const tc_matmul_t *p, const tc_range_f32_t *q) {
  static const float start[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  const int32_t step = p->columns * (int32_t)sizeof(float);
  tc_spot_t spots[TC_TILE_F32_PIXELS];
  tc_tile_f32_t tile = {start, b, y, spots, 1, p->depth, q->lo, q->hi, step, step, 0, p->columns, a, a};
  int32_t at[TC_MATMUL_RANK], i = 0, j = 0;
  tc_matmul_start(at);
  do {
    tile.weights = b + j;
    product(a + i, p, &tile, spots);
  } while (tc_matmul_next(at, &i, &j, p));
}
