/* Mathematical functions in single precision without libm, bit for bit the same on every machine.
 *
 * Every operation is one IEEE single operation, rounded to nearest even and on its own: no fused multiply-add
 * (-ffp-contract=off), no flush to zero, no excess precision. NaN results are 0x7fc00000. Each function has a twin of
 * the same name, without tc_, in tinycompile/numeric/float_math.py; docs/numerics.md has the rules and accuracies. */
#ifndef TC_MATH_H
#define TC_MATH_H

#include "tc_math_activation.h"
#include "tc_math_exp.h"
#include "tc_math_hyperbolic.h"
#include "tc_math_pow.h"
#include "tc_math_round.h"
#include "tc_math_trig.h"

#endif
