/* Row streams: operators that pass rows on to each other through small rings. */
#ifndef TC_STREAM_H
#define TC_STREAM_H

#include "tc_common.h"

/* Operands of one operator in a stream, at most. */
#define TC_STREAM_FEEDS 4

/* Makes one row: x[] are the first rows needed of each run-time operand, y the row's place; `variant` selects
 * the parameter block. */
typedef void (*tc_row_t)(uint8_t *arena, const uint8_t *const *x, uint8_t *y, int32_t variant);

/* Row r of the result needs rows r * stride - pad .. + extent - 1 of the ring. ring < 0: no such operand. */
typedef struct {
  int16_t ring, stride, pad, extent;
} tc_feed_t;

/* Makes `band` rows at once, `lacks` less at first and fewer at the end. The first `heads` and the last `tails`
 * bands have variants of their own; all between share one. Feeds count in bands. */
typedef struct {
  tc_row_t row;
  int16_t heads, tails, band, lacks;
  tc_feed_t feed[TC_STREAM_FEEDS];
} tc_stream_op_t;

/* `capacity` rows of `row_bytes` at `offset` in the arena; `rows` pass through in all, of which `given` are
 * there before the stream begins. Only operators that write rings `reader` to `last_reader` read them. Row 0
 * goes to place `first`; for TC_STREAM_EAGER to place 0, and rows slide down as soon as some are dead. */
typedef struct {
  uint32_t offset, row_bytes;
  int16_t capacity, rows, given, reader, last_reader, first;
} tc_ring_t;

#define TC_STREAM_EAGER (-1)

/* Operator i writes ring sources + i. `goals` are the rings to complete, one after the other; the rows of ring
 * `leaving` (or none, for -1) are handed out as they are made. */
typedef struct {
  const tc_stream_op_t *ops;
  const tc_ring_t *rings;
  const int16_t *goals;
  int16_t sources, rings_count, goals_count, leaving;
  uint32_t state; /* arena offset of four int16 per ring: tc_counters_t */
} tc_stream_t;

/* What tc_stream_advance returns: nothing is left to do; a row of input must arrive; a row of output is ready. */
enum { TC_STREAM_DONE = 0, TC_STREAM_WANTS_ROW = 1, TC_STREAM_GIVES_ROW = 2 };

TC_EXTERN_C_BEGIN

/* The whole stream, where rows neither arrive nor leave. */
void tc_stream(uint8_t *arena, const tc_stream_t *s);

void tc_stream_start(uint8_t *arena, const tc_stream_t *s);

/* Goes on until rows have to arrive or leave, or until all is done. */
int32_t tc_stream_advance(uint8_t *arena, const tc_stream_t *s);

/* The place of the row that is wanted. */
uint8_t *tc_stream_slot(uint8_t *arena, const tc_stream_t *s);

/* The row that is wanted stands in its place. */
void tc_stream_arrived(uint8_t *arena, const tc_stream_t *s);

/* The row of output that is ready; its number is stored in `row`. */
const uint8_t *tc_stream_row(uint8_t *arena, const tc_stream_t *s, int32_t *row);

TC_EXTERN_C_END

#endif
