/* int8 depthwise convolution with the DSP extension. */
#include "tc_depthwise_s8_dsp.h"
#define TC_DEPTHWISE_ROW(rows, zeros, y, packed, p) tc_depthwise_row_s8_dsp(rows, zeros, y, packed, p)
#include "tc_depthwise_s8_dsp_body.h"

void tc_depthwise_conv2d_s8_dsp(const int8_t *x, int8_t *y, const int32_t *packed, const tc_conv2d_s8_t *p,
                               int8_t *zeros) {
  tc_fill_zeros(zeros, p->in_c, p->in_zero);
  tc_depthwise_body_s8_dsp(x, y, packed, p, zeros, NULL, 0);
}
