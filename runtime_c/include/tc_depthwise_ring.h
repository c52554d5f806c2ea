/* The input rows of an in-place depthwise convolution that its results overwrite before they are used up. */
#ifndef TC_DEPTHWISE_RING_H
#define TC_DEPTHWISE_RING_H

#include "tc_bytes.h"
#include "tc_conv.h"

/* Rows before `saved` are overwritten or about to be; the last `size` of them stand in `memory`. `next` is the place
 * of row `saved`. */
typedef struct {
  int8_t *memory;
  int32_t size, row_bytes, saved, next;
} tc_ring_t;

static inline tc_ring_t tc_ring_of(void *memory, int32_t size, int32_t row_bytes) {
  tc_ring_t ring = {(int8_t *)memory, size, row_bytes, 0, 0};
  return ring;
}

/* Saves the rows of `image` that begin before byte `end`; those before row `first` are not needed any more. */
static inline void tc_ring_save(tc_ring_t *ring, const int8_t *image, int32_t in_h, int32_t end, int32_t first) {
  for (; ring->saved < in_h && ring->saved * ring->row_bytes < end; ++ring->saved) {
    if (ring->saved >= first)
      tc_move_down((uint8_t *)ring->memory + ring->next * ring->row_bytes,
                   (const uint8_t *)image + ring->saved * ring->row_bytes, (uint32_t)ring->row_bytes);
    ring->next = ring->next + 1 == ring->size ? 0 : ring->next + 1;
  }
}

/* Where row `y` of the image stands now. */
static inline const int8_t *tc_ring_row(const tc_ring_t *ring, const int8_t *image, int32_t y) {
  int32_t place = ring->next - (ring->saved - y);
  if (y >= ring->saved) return image + y * ring->row_bytes;
  if (place < 0) place += ring->size;
  return ring->memory + place * ring->row_bytes;
}

#endif
