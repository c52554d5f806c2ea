/* Runs a row stream by pulling: the last operator asks for its next row, each operator asks for what it lacks. */
#include "tc_stream_body.h"

/* Variant of band `number` of those that make `rows` rows. */
static int32_t variant_of(const tc_stream_op_t *op, int32_t number, int32_t rows) {
  const int32_t count = op->band == 1 ? rows : (rows + op->lacks + op->band - 1) / op->band;
  if (number < op->heads) return number;
  if (number < count - op->tails) return op->heads;
  return op->heads + 1 + number - (count - op->tails);
}

/* Drops dead rows of operands that slide at once. */
TC_NOINLINE static void slide_eager(const tc_stream_t *s, uint8_t *arena, tc_counters_t *c, const tc_stream_op_t *op) {
  for (int32_t k = 0; k < TC_STREAM_FEEDS && op->feed[k].ring >= 0; ++k)
    if (s->rings[op->feed[k].ring].first == TC_STREAM_EAGER) tc_stream_slide(arena, s, c, op->feed[k].ring);
}

static void produce(const tc_stream_t *s, uint8_t *arena, tc_counters_t *c, int32_t ring) {
  const tc_stream_op_t *op = &s->ops[ring - s->sources];
  const int32_t rows = s->rings[ring].rows, number = tc_op_number(op, c[ring].produced);
  const int32_t after = tc_op_after(op, number, rows);
  const uint8_t *x[TC_STREAM_FEEDS] = {0};
  uint8_t *y = tc_stream_place(arena, s, c, ring, after);
  int32_t eager = 0; /* negative where an operand is */
  for (int32_t k = 0; k < TC_STREAM_FEEDS && op->feed[k].ring >= 0; ++k) {
    const tc_ring_t *in = &s->rings[op->feed[k].ring];
    const int32_t held = tc_feed_first(&op->feed[k], number) - c[op->feed[k].ring].base;
    eager |= in->first;
    x[k] = arena + in->offset + (uint32_t)held * in->row_bytes;
  }
  op->row(arena, x, y, variant_of(op, number, rows));
  c[ring].produced = (int16_t)after;
  if (eager < 0) slide_eager(s, arena, c, op);
}

int32_t tc_stream_advance(uint8_t *arena, const tc_stream_t *s) {
  tc_counters_t *c = tc_stream_counters(arena, s);
  int32_t goal;
  while ((goal = tc_stream_goal(s, c)) >= 0) {
    int32_t ring = goal;
    /* Rows that were asked for are made until the goal has one more; nothing above the asker has changed. */
    for (;;) {
      ring = tc_stream_ready(s, c, ring);
      if (ring < s->sources) return TC_STREAM_WANTS_ROW;
      produce(s, arena, c, ring);
      if (ring == s->leaving) return TC_STREAM_GIVES_ROW;
      if (ring == goal) break;
      ring = c[ring].asker;
    }
  }
  return TC_STREAM_DONE;
}
