/* Data movement beyond transposes: strided reads, index tables, padding, joining, gathering, scattering.
 * Kernels with a bit width in the name move elements of that size, the others runs of bytes. */
#ifndef TC_MOVE_H
#define TC_MOVE_H

#include "tc_common.h"

#define TC_MOVE_RANK 8
#define TC_CONCAT_OPERANDS 8

/* Unused leading dimensions have size 1. Strides may be 0 (repeat) or negative. */
typedef struct {
  int32_t size[TC_MOVE_RANK];
  int32_t stride[TC_MOVE_RANK];
  int32_t offset; /* in elements, of the first element read */
} tc_strided_t;

/* Sizes of the dimensions with a table, the tables one after another; then a dense run of `run` elements. */
typedef struct {
  int32_t size[TC_MOVE_RANK];
  int32_t run;
} tc_take_t;

/* Operand sizes, and for each dimension the element stride in the result. */
typedef struct {
  int32_t size[TC_MOVE_RANK];
  int32_t stride[TC_MOVE_RANK];
  int32_t offset; /* in elements, of the operand's first element in the result */
  int32_t elements; /* of the result */
} tc_pad_t;

/* `rows` times a run of `bytes[i]` bytes from each operand i; 0 for absent operands. */
typedef struct {
  int32_t rows;
  int32_t bytes[TC_CONCAT_OPERANDS];
} tc_concat_t;

/* x[outer][size][run bytes] indexed along its middle dimension. */
typedef struct {
  int32_t outer, size, count, run, index_bytes;
} tc_gather_t;

/* x[batch][size[0]]...[size[depth - 1]][run bytes], indexed by rows of `depth` indices; stride: bytes of x. */
typedef struct {
  int32_t batch, rows, depth, run, batch_bytes, index_bytes;
  int32_t size[TC_MOVE_RANK];
  int32_t stride[TC_MOVE_RANK];
} tc_gather_nd_t;

/* Sizes of the index tensor and element strides of the data, 0 along the indexed dimension, which has
 * `axis_size` entries of stride `axis_stride`. `elements`: of the data. */
typedef struct {
  int32_t size[TC_MOVE_RANK];
  int32_t stride[TC_MOVE_RANK];
  int32_t axis_size, axis_stride, index_bytes, elements;
} tc_elements_t;

TC_EXTERN_C_BEGIN

/* Dense y[size...] from x[offset + sum of index * stride]. */
void tc_strided_8(const void *x, void *y, const tc_strided_t *p);
void tc_strided_16(const void *x, void *y, const tc_strided_t *p);
void tc_strided_32(const void *x, void *y, const tc_strided_t *p);
void tc_strided_64(const void *x, void *y, const tc_strided_t *p);

/* Dense y[size...][run] from x[sum of table entries + 0..run - 1]; entries are element offsets. */
void tc_take_8(const void *x, void *y, const int32_t *tables, const tc_take_t *p);
void tc_take_16(const void *x, void *y, const int32_t *tables, const tc_take_t *p);
void tc_take_32(const void *x, void *y, const int32_t *tables, const tc_take_t *p);
void tc_take_64(const void *x, void *y, const int32_t *tables, const tc_take_t *p);

/* y filled with the element *value, then x[size...] written at its place. */
void tc_pad_8(const void *x, void *y, const void *value, const tc_pad_t *p);
void tc_pad_16(const void *x, void *y, const void *value, const tc_pad_t *p);
void tc_pad_32(const void *x, void *y, const void *value, const tc_pad_t *p);
void tc_pad_64(const void *x, void *y, const void *value, const tc_pad_t *p);

/* Rows of the operands side by side; absent operands are null. */
void tc_concat(void *y, const void *x0, const void *x1, const void *x2, const void *x3, const void *x4,
               const void *x5, const void *x6, const void *x7, const tc_concat_t *p);

/* y[outer][count][run]. In all kernels below, indices are int32 or int64 (`index_bytes`), negative ones count from
 * the end, and those out of range are taken as the nearest valid one. */
void tc_gather(const void *x, const void *indices, void *y, const tc_gather_t *p);
void tc_gather_nd(const void *x, const void *indices, void *y, const tc_gather_nd_t *p);
void tc_gather_elements_8(const void *x, const void *indices, void *y, const tc_elements_t *p);
void tc_gather_elements_16(const void *x, const void *indices, void *y, const tc_elements_t *p);
void tc_gather_elements_32(const void *x, const void *indices, void *y, const tc_elements_t *p);
void tc_gather_elements_64(const void *x, const void *indices, void *y, const tc_elements_t *p);

/* y = x, then the updates in order; the last of several to one place stays. `x_bytes`: of all of x. */
void tc_scatter_nd(const void *x, const void *indices, const void *updates, void *y, size_t x_bytes,
                   const tc_gather_nd_t *p);
void tc_scatter_elements_8(const void *x, const void *indices, const void *updates, void *y,
                           const tc_elements_t *p);
void tc_scatter_elements_16(const void *x, const void *indices, const void *updates, void *y,
                            const tc_elements_t *p);
void tc_scatter_elements_32(const void *x, const void *indices, const void *updates, void *y,
                            const tc_elements_t *p);
void tc_scatter_elements_64(const void *x, const void *indices, const void *updates, void *y,
                            const tc_elements_t *p);

TC_EXTERN_C_END

#endif
