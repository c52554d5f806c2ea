/* Elementwise kernels of several tensors: how operands are walked while the result is written densely. */
#ifndef TC_BROADCAST_H
#define TC_BROADCAST_H

#include "tc_common.h"

#define TC_BROADCAST_RANK 6

/* Sizes of the result, and per operand the element stride of each dimension: 0 where it repeats. */
typedef struct {
  int32_t size[TC_BROADCAST_RANK];
  int32_t a[TC_BROADCAST_RANK], b[TC_BROADCAST_RANK];
} tc_broadcast2_t;

typedef struct {
  int32_t size[TC_BROADCAST_RANK];
  int32_t a[TC_BROADCAST_RANK], b[TC_BROADCAST_RANK], c[TC_BROADCAST_RANK];
} tc_broadcast3_t;

/* Bounds of a fused activation. */
typedef struct {
  float lo, hi;
} tc_range_f32_t;

/* NaN stays NaN. */
static inline float tc_clamp_f32(float x, float lo, float hi) {
  const float raised = x < lo ? lo : x;
  return raised > hi ? hi : raised;
}

/* One store after another, because compilers turn a loop or an initialiser into a call of memset. */
static inline void tc_broadcast_start(int32_t *at) { at[0] = at[1] = at[2] = at[3] = at[4] = 0; }

/* Counts `at` up over all dimensions but the last; returns the one that advanced, or -1 at the end. */
static inline int32_t tc_broadcast_next(int32_t *at, const int32_t *size) {
  int32_t axis = TC_BROADCAST_RANK - 2;
  while (axis >= 0 && ++at[axis] == size[axis]) at[axis--] = 0;
  return axis;
}

/* The element at which an operand with these strides stands. */
static inline int32_t tc_broadcast_offset(const int32_t *at, const int32_t *stride) {
  int32_t offset = 0;
  for (int32_t axis = 0; axis < TC_BROADCAST_RANK - 1; ++axis) offset += at[axis] * stride[axis];
  return offset;
}

#endif
