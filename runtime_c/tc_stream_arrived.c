/* Counts the row that a stream waited for. */
#include "tc_stream_body.h"

void tc_stream_arrived(uint8_t *arena, const tc_stream_t *s) {
  tc_counters_t *c = tc_stream_counters(arena, s);
  const int32_t goal = tc_stream_goal(s, c);
  if (goal >= 0) ++c[tc_stream_ready(s, c, goal)].produced;
}
