/* Runs a row stream by pulling: the last operator asks for its next row, each operator asks for what it lacks. */
#include "tc_stream_body.h"

/* Variant of band `number` of those that make `rows` rows. */
static int32_t variant_of(const tc_stream_op_t *op, int32_t number, int32_t rows) {
  const int32_t count = op->band == 1 ? rows : (rows + op->band - 1) / op->band;
  if (number < op->heads) return number;
  if (number < count - op->tails) return op->heads;
  return op->heads + 1 + number - (count - op->tails);
}

static void produce(const tc_stream_t *s, uint8_t *arena, tc_counters_t *c, int32_t ring) {
  const tc_stream_op_t *op = &s->ops[ring - s->sources];
  const int32_t number = tc_stream_number(s, c, ring);
  const uint8_t *x[TC_STREAM_FEEDS] = {0};
  uint8_t *y = tc_stream_place(arena, s, c, ring);
  for (int32_t k = 0; k < TC_STREAM_FEEDS && op->feed[k].ring >= 0; ++k) {
    const tc_ring_t *in = &s->rings[op->feed[k].ring];
    const int32_t held = tc_feed_first(&op->feed[k], number) - c[op->feed[k].ring].base;
    x[k] = arena + in->offset + (uint32_t)held * in->row_bytes;
  }
  op->row(arena, x, y, variant_of(op, number, s->rings[ring].rows));
  c[ring].produced = (int16_t)tc_stream_after(s, c, ring);
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
