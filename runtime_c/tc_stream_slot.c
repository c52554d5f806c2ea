/* Where the row that a stream waits for is to be written. */
#include "tc_stream_body.h"

uint8_t *tc_stream_slot(uint8_t *arena, const tc_stream_t *s) {
  tc_counters_t *c = tc_stream_counters(arena, s);
  const int32_t goal = tc_stream_goal(s, c);
  return goal < 0 ? NULL : tc_stream_place(arena, s, c, tc_stream_ready(s, c, goal));
}
