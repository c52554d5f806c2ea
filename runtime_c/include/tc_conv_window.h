/* Where the windows of a convolution stand in a row, and in which dense runs their elements lie. */
#ifndef TC_CONV_WINDOW_H
#define TC_CONV_WINDOW_H

#include "tc_common.h"

/* The first output position whose window does not start in the padding. */
static inline int32_t tc_first_inside(int32_t pad, int32_t stride, int32_t out) {
  return tc_min_s32((pad + stride - 1) / stride, out);
}

/* One past the last output position whose window, of `extent` elements, ends within `size`; at least `first`. */
static inline int32_t tc_end_inside(int32_t size, int32_t extent, int32_t pad, int32_t stride, int32_t first,
                                    int32_t out) {
  const int32_t last = size + pad - extent;
  return last < 0 ? first : tc_max_s32(first, tc_min_s32(last / stride + 1, out));
}

/* One row of a window: `runs` stretches of `length` dense elements, `step` elements apart. */
typedef struct {
  int32_t runs, length, step;
} tc_runs_t;

static inline tc_runs_t tc_runs_of(int32_t kernel_w, int32_t group_c, int32_t in_c, int32_t dilation_w) {
  tc_runs_t found = {kernel_w, group_c, in_c * dilation_w};
  if (group_c == found.step) { /* the taps touch each other: one run */
    found.runs = 1;
    found.length = kernel_w * group_c;
  }
  return found;
}

#endif
