/* Pooling of int8 tensors with the DSP extension, for undilated windows. */
#ifndef TC_POOL_DSP_H
#define TC_POOL_DSP_H

#include "tc_dsp.h"
#include "tc_pool.h"

/* The pixels of one window that lie inside the operand, as `rows` runs of `columns` neighbours; one run where the window
 * covers whole rows. */
typedef struct {
  const int8_t *first;
  int32_t rows, columns, pitch; /* bytes from row to row */
} tc_pool_window_t;

/* The window whose first tap stands at (y0, x0). */
static inline tc_pool_window_t tc_pool_window_of(const int8_t *x, int32_t y0, int32_t x0, const tc_pool_t *p) {
  const int32_t top = tc_max_s32(y0, 0), left = tc_max_s32(x0, 0);
  tc_pool_window_t window;
  window.first = x + (top * p->in_w + left) * p->channels;
  window.rows = tc_min_s32(y0 + p->kernel_h, p->in_h) - top;
  window.columns = tc_min_s32(x0 + p->kernel_w, p->in_w) - left;
  window.pitch = p->in_w * p->channels;
  if (window.columns == p->in_w) {
    window.columns *= window.rows;
    window.rows = 1;
  }
  return window;
}

TC_EXTERN_C_BEGIN

/* At least four channels. */
void tc_max_pool_s8_dsp(const int8_t *x, int8_t *y, const tc_pool_t *p);

/* At least eight channels, at most 255 positions, so that sums fit int16, and shifts of at most 54. */
void tc_average_pool_s8_dsp(const int8_t *x, int8_t *y, const int32_t *requant, const tc_pool_t *p,
                            const tc_pool_count_t *counts);

TC_EXTERN_C_END

#endif
