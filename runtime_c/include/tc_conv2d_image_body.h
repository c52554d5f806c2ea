/* Where the windows of any convolution lie in an image: inside it in pairs, at its border one by one. Included by
 * kernels that define element_t, params_t, filters_t (two channels), inside() and border(). */
/* All outputs of two channels for one image; x starts at the first channel of their group. */
static void image(const element_t *x, element_t *y, const filters_t *f, int32_t first, int32_t end,
                  const params_t *p) {
  const int32_t extent = (p->kernel_h - 1) * p->dilation_h + 1;
  for (int32_t oy = 0; oy < p->out_h; ++oy, y += p->out_w * p->out_c) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const bool whole = y0 >= 0 && y0 + extent <= p->in_h && first < end;
    const int32_t left = whole ? first : p->out_w;
    int32_t ox = 0;
    for (; ox < left; ++ox) border(x, y + ox * p->out_c, y0, ox * p->stride_w - p->pad_left, f, p);
    for (; whole && ox < end; ox += 2) {
      const int32_t again = ox + 1 == end; /* an odd one out is computed twice */
      inside(x + (y0 * p->in_w + ox * p->stride_w - p->pad_left) * p->in_c, again ? 0 : p->stride_w * p->in_c,
             y + ox * p->out_c, again ? 0 : p->out_c, f, p);
    }
    for (ox = tc_max_s32(left, end); ox < p->out_w; ++ox)
      border(x, y + ox * p->out_c, y0, ox * p->stride_w - p->pad_left, f, p);
  }
}
