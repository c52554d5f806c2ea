/* Row streams: operators that pass rows on to each other through small rings, without recomputation. */
#ifndef TC_STREAM_H
#define TC_STREAM_H

#include "tc_common.h"

/* Operands of one operator in a stream, at most. */
#define TC_STREAM_FEEDS 2

/* Computes one row: x[] are the first rows needed of each run-time operand, y the row's place; `variant`
 * selects the parameter block. */
typedef void (*tc_row_t)(uint8_t *arena, const uint8_t *const *x, uint8_t *y, int32_t variant);

/* Row r of the result needs rows r * stride - pad .. + extent - 1 of the ring. ring < 0: no such operand. */
typedef struct {
  int16_t ring, stride, pad, extent;
} tc_feed_t;

/* The first `heads` and the last `tails` rows have variants of their own; all between share one. */
typedef struct {
  tc_row_t row;
  int16_t heads, tails;
  tc_feed_t feed[TC_STREAM_FEEDS];
} tc_stream_op_t;

/* `capacity` rows of `row_bytes` at `offset` in the arena; `rows` pass through in all. */
typedef struct {
  uint32_t offset, row_bytes;
  int32_t capacity, rows;
} tc_ring_t;

/* Operator i writes ring i + 1; ring 0 holds the input whole, the last ring the result whole. */
typedef struct {
  const tc_stream_op_t *ops;
  const tc_ring_t *rings;
  int32_t count;
  uint32_t state; /* arena offset of two int32 per ring: rows produced, first row held */
} tc_stream_t;

TC_EXTERN_C_BEGIN

void tc_stream(uint8_t *arena, const tc_stream_t *s);

TC_EXTERN_C_END

#endif
