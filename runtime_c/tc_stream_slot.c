/* Where the row that a stream waits for is to be written. */
#include "tc_stream_body.h"

uint8_t *tc_stream_slot(uint8_t *arena, const tc_stream_t *s) {
  tc_counters_t *c = tc_stream_counters(arena, s);
  const int32_t goal = tc_stream_goal(s, c);
  if (goal < 0) return NULL;
  const int32_t ring = tc_stream_ready(s, c, goal);
  return tc_stream_place(arena, s, c, ring, c[ring].produced + 1);
}
