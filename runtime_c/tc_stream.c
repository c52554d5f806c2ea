/* Runs a row stream by pulling: the last operator asks for its next row, each operator asks for what it lacks. */
#include "tc_stream.h"

/* Counters of a ring. */
typedef struct {
  int32_t produced, base;
} counters_t;

static int32_t first_row(const tc_feed_t *f, int32_t row) { return tc_max_s32(0, row * f->stride - f->pad); }

static int32_t end_row(const tc_feed_t *f, int32_t row, int32_t rows) {
  return tc_min_s32(rows, row * f->stride - f->pad + f->extent);
}

/* From the last operator down along missing rows to one whose operands are there. */
static int32_t ready(const tc_stream_t *s, const counters_t *c) {
  int32_t op = s->count - 1;
  int32_t k = 0;
  while (k < TC_STREAM_FEEDS) {
    const tc_feed_t *f = &s->ops[op].feed[k];
    ++k;
    if (f->ring > 0 && c[f->ring].produced < end_row(f, c[op + 1].produced, s->rings[f->ring].rows)) {
      op = f->ring - 1;
      k = 0;
    }
  }
  return op;
}

/* The lowest row of a ring that some operator still needs, at most `limit`. */
static int32_t first_needed(const tc_stream_t *s, const counters_t *c, int32_t ring, int32_t limit) {
  for (int32_t op = ring; op < s->count; ++op) {
    if (c[op + 1].produced >= s->rings[op + 1].rows) continue;
    for (int32_t k = 0; k < TC_STREAM_FEEDS; ++k) {
      const tc_feed_t *f = &s->ops[op].feed[k];
      if (f->ring == ring) limit = tc_min_s32(limit, first_row(f, c[op + 1].produced));
    }
  }
  return limit;
}

/* Drops the rows that nothing needs any more, so that the next one has a place. */
static void slide(const tc_stream_t *s, uint8_t *arena, counters_t *c, int32_t ring) {
  const tc_ring_t *r = &s->rings[ring];
  const int32_t low = first_needed(s, c, ring, c[ring].produced);
  uint8_t *to = arena + r->offset;
  const uint8_t *from = to + (uint32_t)(low - c[ring].base) * r->row_bytes;
  const uint32_t bytes = (uint32_t)(c[ring].produced - low) * r->row_bytes;
  for (uint32_t i = 0; i < bytes; ++i) to[i] = from[i];
  c[ring].base = low;
}

static int32_t variant_of(const tc_stream_op_t *op, int32_t row, int32_t rows) {
  if (row < op->heads) return row;
  if (row < rows - op->tails) return op->heads;
  return op->heads + 1 + row - (rows - op->tails);
}

static void produce(const tc_stream_t *s, uint8_t *arena, counters_t *c, int32_t index) {
  const tc_stream_op_t *op = &s->ops[index];
  const tc_ring_t *out = &s->rings[index + 1];
  const int32_t row = c[index + 1].produced;
  const uint8_t *x[TC_STREAM_FEEDS] = {0};
  if (row - c[index + 1].base == out->capacity) slide(s, arena, c, index + 1);
  for (int32_t k = 0; k < TC_STREAM_FEEDS; ++k) {
    const tc_feed_t *f = &op->feed[k];
    if (f->ring < 0) continue;
    x[k] = arena + s->rings[f->ring].offset +
           (uint32_t)(first_row(f, row) - c[f->ring].base) * s->rings[f->ring].row_bytes;
  }
  op->row(arena, x, arena + out->offset + (uint32_t)(row - c[index + 1].base) * out->row_bytes,
          variant_of(op, row, out->rows));
  c[index + 1].produced = row + 1;
}

void tc_stream(uint8_t *arena, const tc_stream_t *s) {
  counters_t *c = (counters_t *)(void *)(arena + s->state);
  for (int32_t ring = 0; ring <= s->count; ++ring) {
    c[ring].produced = ring == 0 ? s->rings[0].rows : 0;
    c[ring].base = 0;
  }
  while (c[s->count].produced < s->rings[s->count].rows) produce(s, arena, c, ready(s, c));
}
