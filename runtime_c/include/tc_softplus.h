/* log(1 + exp(x)), without overflow for large x. */
#ifndef TC_SOFTPLUS_H
#define TC_SOFTPLUS_H

#include "tc_math_exp.h"

static inline float tc_softplusf(float x) {
  return (x > 0.0f ? x : 0.0f) + tc_log1pf(tc_expf(-tc_fabsf(x)));
}

#endif
