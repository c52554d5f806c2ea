/* One tile: copies into buffers, calls on buffers, a copy into the result. */
#ifndef TC_TILE_BODY_H
#define TC_TILE_BODY_H

#include "tc_bytes.h"
#include "tc_tiles.h"

static inline void tc_tile_copy(uint8_t *arena, const uint8_t *const *x, uint8_t *y, const tc_tile_step_t *s,
                                const tc_tile_rows_t *rows, const tc_tile_columns_t *columns, uint32_t moved) {
  const uint8_t *from = (s->feed >= 0 ? x[s->feed] + moved : arena + s->from) + columns->from;
  uint8_t *to = (s->result ? y + moved : arena + s->to) + columns->to;
  from += (uint32_t)rows->from * columns->from_pitch;
  to += (uint32_t)rows->to * columns->to_pitch;
  for (int32_t row = 0; row < rows->count; ++row, from += columns->from_pitch, to += columns->to_pitch)
    tc_move_down(to, from, columns->bytes);
}

static inline void tc_tile_make(uint8_t *arena, const uint8_t *const *x, uint8_t *y, int32_t variant, int32_t tile,
                                const tc_tiles_t *t) {
  const int32_t kinds = t->heads + 1 + t->tails;
  const int32_t behind = tile - (t->columns - t->tails);
  const int32_t kind = behind >= 0 ? t->heads + 1 + behind : tc_min_s32(tile, t->heads);
  const uint32_t repeats = kind == t->heads ? (uint32_t)(tile - t->heads) : 0u;
  for (const tc_tile_step_t *s = t->steps; s != t->steps + t->count; ++s) {
    if (s->call != NULL)
      s->call(arena, x, y, variant * kinds + kind);
    else
      tc_tile_copy(arena, x, y, s, &s->rows[variant], &s->columns[kind], repeats * s->step);
  }
}

#endif
