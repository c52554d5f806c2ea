/* Quotient of int8 tensors, as the product with a tabulated reciprocal. */
#include "tc_arithmetic.h"
#include "tc_numeric.h"
#define TC_T int8_t
#define TC_R int8_t
#define TC_Q divide_t
#define TC_F(a, b) divide(a, b, &q)

typedef struct {
  tc_div_s8_t params;
  const int32_t *factors;
} divide_t;

static inline int8_t divide(int32_t a, int32_t b, const divide_t *q) {
  const int32_t *factor = q->factors + 2 * (b - q->params.first);
  return tc_requantize_s8(a - q->params.a_zero, factor[0], factor[1], q->params.y_zero, q->params.lo, q->params.hi);
}

#include "tc_binary_body.h"

void tc_div_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_broadcast2_t *p, const int32_t *factors,
               const tc_div_s8_t *q) {
  divide_t params;
  params.params = *q;
  params.factors = factors;
  tc_binary_body(a, b, y, p, params);
}
