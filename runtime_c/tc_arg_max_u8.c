/* Positions of the largest of unsigned 8-bit integers. */
#define TC_T uint8_t
#define TC_FIRST 0
#define TC_BEATS(v, best) ((v) > (best))
#include "tc_arg_body.h"

void tc_arg_max_u8(const uint8_t *x, int64_t *y, const tc_arg_t *p) { tc_arg_body(x, y, p); }
