/* What every kernel includes: fixed-width types, small helpers, symbol prefixes. */
#ifndef TC_COMMON_H
#define TC_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tc_symbols.h" /* generated next to each model: renames tc_* to <prefix>_tc_* */

#if defined(__GNUC__) || defined(__clang__)
#define TC_RESTRICT __restrict__
#define TC_NOINLINE __attribute__((noinline))
#define TC_MEMCPY(dst, src, n) __builtin_memcpy((dst), (src), (n))
#else
#include <string.h>
#define TC_RESTRICT
#define TC_NOINLINE
#define TC_MEMCPY(dst, src, n) memcpy((dst), (src), (n))
#endif

#ifdef __cplusplus
#define TC_EXTERN_C_BEGIN extern "C" {
#define TC_EXTERN_C_END }
#else
#define TC_EXTERN_C_BEGIN
#define TC_EXTERN_C_END
#endif

/* Constant expressions, without <math.h>. */
#define TC_INFINITY (__builtin_inff())
#define TC_NAN (__builtin_nanf(""))

static inline int32_t tc_max_s32(int32_t a, int32_t b) { return a > b ? a : b; }
static inline int32_t tc_min_s32(int32_t a, int32_t b) { return a < b ? a : b; }

#endif
