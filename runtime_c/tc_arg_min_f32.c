/* Positions of the smallest of float32. */
#include "tc_float_bits.h"
#define TC_T float
#define TC_FIRST tc_f32_from_bits(0x7f800000u) /* infinity */
#define TC_BEATS(v, best) ((v) < (best))
#include "tc_arg_body.h"

void tc_arg_min_f32(const float *x, int64_t *y, const tc_arg_t *p) { tc_arg_body(x, y, p); }
