/* Data movement: copies and transposes. */
#ifndef TC_LAYOUT_H
#define TC_LAYOUT_H

#include "tc_common.h"

#define TC_TRANSPOSE_RANK 6

/* Sizes of the result and, for each of its dimensions, the element stride in the operand. */
typedef struct {
  int32_t size[TC_TRANSPOSE_RANK];
  int32_t stride[TC_TRANSPOSE_RANK];
} tc_transpose_t;

/* Rows and columns of the operand, and how many cycles of places a transpose in place has. */
typedef struct {
  int32_t rows, columns, cycles;
} tc_cycles_t;

TC_EXTERN_C_BEGIN

void tc_copy(const void *x, void *y, size_t bytes);
void tc_transpose_8(const void *x, void *y, const tc_transpose_t *p);
void tc_transpose_16(const void *x, void *y, const tc_transpose_t *p);
void tc_transpose_32(const void *x, void *y, const tc_transpose_t *p);
void tc_transpose_64(const void *x, void *y, const tc_transpose_t *p);

/* y must be x. `first` holds one place of each cycle; places that stay are in none. */
void tc_transpose_in_place_8(const void *x, void *y, const int32_t *first, const tc_cycles_t *p);
void tc_transpose_in_place_32(const void *x, void *y, const int32_t *first, const tc_cycles_t *p);

TC_EXTERN_C_END

#endif
