/* int8 depthwise convolution with one filter a channel, channel by channel; the result may overwrite its operand. */
#include "tc_conv.h"
#include "tc_conv_window.h"
#include "tc_scale_s8.h"

/* One channel of the image into the plane, whose border stays as it is. */
static void read_plane(const int8_t *x, int8_t *plane, int32_t width, const tc_conv2d_s8_t *p) {
  const int32_t high = (p->out_h - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1 - p->pad_top;
  const int32_t wide = tc_min_s32(p->in_w, width - p->pad_left), rows = tc_min_s32(p->in_h, high);
  plane += p->pad_top * width + p->pad_left;
  for (int32_t row = 0; row < rows; ++row, x += p->in_w * p->in_c, plane += width) {
    const int8_t *in = x;
    for (int32_t i = 0; i < wide; ++i, in += p->in_c) plane[i] = *in;
  }
}

/* `count` sums (1 or 4) whose windows lie side by side, `stride` apart. */
static inline void sums_of(const int8_t *window, int32_t stride, const int8_t *tap, int32_t *acc, int32_t count,
                           int32_t width, const tc_conv2d_s8_t *p) {
  const int32_t channels = p->in_c, apart = p->dilation_w, far = count > 1 ? stride : 0;
  int32_t s0 = acc[0], s1 = acc[0], s2 = acc[0], s3 = acc[0];
  for (int32_t ky = p->kernel_h; ky > 0; --ky, window += p->dilation_h * width) {
    const int8_t *in = window;
    for (int32_t kx = p->kernel_w; kx > 0; --kx, in += apart, tap += channels) {
      const int32_t w = *tap;
      s0 += in[0] * w;
      if (count > 1) s1 += in[far] * w, s2 += in[2 * far] * w, s3 += in[3 * far] * w;
    }
  }
  acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
}

/* Results of one channel. The last four of a line may be computed together with others a second time. */
static void write_plane(const int8_t *plane, int8_t *y, const int8_t *w, int32_t bias, tc_scale_t scale, int32_t width,
                        const tc_conv2d_s8_t *p) {
  const int32_t channels = p->out_c, count = p->out_w < 4 ? 1 : 4;
  for (int32_t oy = 0; oy < p->out_h; ++oy, plane += p->stride_h * width, y += p->out_w * channels) {
    int32_t ox = 0;
    for (bool last = false; !last; ox = tc_min_s32(ox + count, p->out_w - count)) {
      const int8_t *window = plane + ox * p->stride_w;
      int8_t *out = y + ox * channels;
      int32_t acc[4] = {bias};
      if (count == 1)
        sums_of(window, p->stride_w, w, acc, 1, width, p);
      else if (p->stride_w == 1)
        sums_of(window, 1, w, acc, 4, width, p);
      else
        sums_of(window, p->stride_w, w, acc, 4, width, p);
      for (int32_t i = 0; i < count; ++i, out += channels)
        *out = tc_scaled_s8(acc[i], scale, p->out_zero, p->lo, p->hi);
      last = ox == p->out_w - count;
    }
  }
}

void tc_depthwise_conv2d_planes_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias,
                                   const int32_t *requant, const tc_conv2d_s8_t *p, int8_t *plane) {
  const int32_t width = (p->out_w - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;
  const int32_t height = (p->out_h - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
  for (int32_t i = 0; i < height * width; ++i) plane[i] = (int8_t)p->in_zero;
  for (int32_t n = 0; n < p->batch; ++n) {
    for (int32_t c = 0; c < p->in_c; ++c) {
      read_plane(x + c, plane, width, p);
      write_plane(plane, y + c, w + c, bias[c], tc_scale_of(requant + 2 * c), width, p);
    }
    x += p->in_h * p->in_w * p->in_c;
    y += p->out_h * p->out_w * p->out_c;
  }
}
