/* The row that a stream has just made to leave. */
#include "tc_stream_body.h"

const uint8_t *tc_stream_row(uint8_t *arena, const tc_stream_t *s, int32_t *row) {
  const tc_counters_t *c = tc_stream_counters(arena, s);
  const tc_ring_t *r = &s->rings[s->leaving];
  *row = c[s->leaving].produced - 1;
  return arena + r->offset + (uint32_t)(*row - c[s->leaving].base) * r->row_bytes;
}
