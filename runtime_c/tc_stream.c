/* A row stream from its first row to its last. */
#include "tc_stream.h"

void tc_stream(uint8_t *arena, const tc_stream_t *s) {
  tc_stream_start(arena, s);
  (void)tc_stream_advance(arena, s);
}
