/* What the functions of row streams share. */
#ifndef TC_STREAM_BODY_H
#define TC_STREAM_BODY_H

#include "tc_bytes.h"
#include "tc_stream.h"

/* Of a ring: rows produced so far, the first row held, the ring whose next row waits for one of these. */
typedef struct {
  int16_t produced, base, asker, unused;
} tc_counters_t;

static inline tc_counters_t *tc_stream_counters(uint8_t *arena, const tc_stream_t *s) {
  return (tc_counters_t *)(void *)(arena + s->state);
}

static inline int32_t tc_feed_first(const tc_feed_t *f, int32_t row) {
  return tc_max_s32(0, row * f->stride - f->pad);
}

static inline int32_t tc_feed_end(const tc_feed_t *f, int32_t row, int32_t rows) {
  return tc_min_s32(rows, row * f->stride - f->pad + f->extent);
}

/* The goal that is not complete yet, or -1. */
static inline int32_t tc_stream_goal(const tc_stream_t *s, const tc_counters_t *c) {
  for (int32_t i = 0; i < s->goals_count; ++i)
    if (c[s->goals[i]].produced < s->rings[s->goals[i]].rows) return s->goals[i];
  return -1;
}

/* The number of the next row or band of an operator that has made so many rows, and its rows with that. */
static inline int32_t tc_op_number(const tc_stream_op_t *op, int32_t produced) {
  return op->band == 1 ? produced : (produced + op->lacks) / op->band;
}

static inline int32_t tc_op_after(const tc_stream_op_t *op, int32_t number, int32_t rows) {
  return op->band == 1 ? number + 1 : tc_min_s32(rows, (number + 1) * op->band - op->lacks);
}

/* From a ring down along missing rows to one whose next row can be made, or must arrive. */
static inline int32_t tc_stream_ready(const tc_stream_t *s, tc_counters_t *c, int32_t ring) {
  int32_t k = 0;
  while (ring >= s->sources && k < TC_STREAM_FEEDS) {
    const tc_stream_op_t *op = &s->ops[ring - s->sources];
    const tc_feed_t *f = &op->feed[k];
    if (f->ring < 0) break;
    ++k;
    if (c[f->ring].produced < tc_feed_end(f, tc_op_number(op, c[ring].produced), s->rings[f->ring].rows)) {
      c[f->ring].asker = (int16_t)ring;
      ring = f->ring;
      k = 0;
    }
  }
  return ring;
}

/* The lowest row of a ring that some operator still needs, at most `limit`. */
static inline int32_t tc_stream_first_needed(const tc_stream_t *s, const tc_counters_t *c, int32_t ring,
                                             int32_t limit) {
  for (int32_t out = s->rings[ring].reader; out <= s->rings[ring].last_reader; ++out) {
    if (c[out].produced >= s->rings[out].rows) continue;
    const tc_stream_op_t *op = &s->ops[out - s->sources];
    for (int32_t k = 0; k < TC_STREAM_FEEDS; ++k) {
      const tc_feed_t *f = &op->feed[k];
      if (f->ring == ring) limit = tc_min_s32(limit, tc_feed_first(f, tc_op_number(op, c[out].produced)));
    }
  }
  return limit;
}

/* Drops the rows of a ring that nothing needs any more, if any. */
static inline void tc_stream_slide(uint8_t *arena, const tc_stream_t *s, tc_counters_t *c, int32_t ring) {
  const tc_ring_t *r = &s->rings[ring];
  const int32_t low = tc_stream_first_needed(s, c, ring, c[ring].produced);
  uint8_t *to = arena + r->offset;
  if (low <= c[ring].base) return;
  tc_move_down(to, to + (uint32_t)(low - c[ring].base) * r->row_bytes, (uint32_t)(c[ring].produced - low) * r->row_bytes);
  c[ring].base = (int16_t)low;
}

/* The place of the next rows of a ring, which has `after` rows with them; when it is full, it slides. */
static inline uint8_t *tc_stream_place(uint8_t *arena, const tc_stream_t *s, tc_counters_t *c, int32_t ring,
                                       int32_t after) {
  const tc_ring_t *r = &s->rings[ring];
  if (after - c[ring].base > r->capacity) tc_stream_slide(arena, s, c, ring);
  return arena + r->offset + (uint32_t)(c[ring].produced - c[ring].base) * r->row_bytes;
}

#endif
