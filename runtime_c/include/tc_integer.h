/* Division of integers that is defined for every operand: by 0 it gives 0, and the lowest integer by -1 wraps.
 * T is the type of both operands, U the unsigned type of its width. */
#ifndef TC_INTEGER_H
#define TC_INTEGER_H

#include <stdint.h>

/* Cut towards zero. */
#define TC_DIV_SIGNED(a, b, T, U) ((T)((b) == 0 ? (T)0 : (b) == -1 ? (T)(U)(0u - (U)(a)) : (T)((a) / (b))))
#define TC_DIV_UNSIGNED(a, b, T) ((T)((b) == 0u ? (T)0 : (T)((a) / (b))))

/* What is left of `a` after the cut quotient: the sign of `a`. */
#define TC_REM_SIGNED(a, b, T) ((T)((b) == 0 || (b) == -1 ? (T)0 : (T)((a) % (b))))
#define TC_REM_UNSIGNED(a, b, T) ((T)((b) == 0u ? (T)0 : (T)((a) % (b))))

/* What is left of `a` after the quotient rounded down: the sign of `b`. */
#define TC_MOD_SIGNED(a, b, T) \
  ((T)(TC_REM_SIGNED(a, b, T) != 0 && ((a) < 0) != ((b) < 0) ? TC_REM_SIGNED(a, b, T) + (b) : TC_REM_SIGNED(a, b, T)))

#endif
