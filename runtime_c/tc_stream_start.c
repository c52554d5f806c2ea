/* Sets the counters of a row stream: sources that are there whole are full, all other rings empty. */
#include "tc_stream_body.h"

void tc_stream_start(uint8_t *arena, const tc_stream_t *s) {
  tc_counters_t *c = tc_stream_counters(arena, s);
  for (int32_t ring = 0; ring < s->rings_count; ++ring) {
    c[ring].produced = s->rings[ring].given;
    c[ring].base = (int16_t)-tc_max_s32(0, s->rings[ring].first);
    c[ring].asker = 0;
    c[ring].unused = 0;
  }
}
