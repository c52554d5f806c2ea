/* Matrix products. Matrices are row-major and dense. */
#ifndef TC_MATMUL_H
#define TC_MATMUL_H

#include "tc_broadcast.h"
#include "tc_common.h"

#define TC_MATMUL_RANK 4

/* y[rows][channels] from x[rows][depth] and w[channels][depth]. `out_zero`: zero point; `lo`, `hi`: clamp. */
typedef struct {
  int32_t rows, depth, channels, out_zero, lo, hi;
} tc_fully_connected_s8_t;

typedef struct {
  int32_t rows, depth, channels;
  float lo, hi;
} tc_fully_connected_f32_t;

/* y[rows][columns] = a[rows][depth] b[depth][columns], once per batch index; `a`, `b`: element strides of the batch
 * dimensions, 0 where an operand repeats. */
typedef struct {
  int32_t size[TC_MATMUL_RANK];
  int32_t a[TC_MATMUL_RANK], b[TC_MATMUL_RANK];
  int32_t rows, depth, columns;
} tc_matmul_t;

typedef struct {
  int32_t a_zero, b_zero, y_zero, multiplier, shift, lo, hi;
} tc_matmul_s8_t;

TC_EXTERN_C_BEGIN

/* bias[channels] holds -x_zero * sum(w) too. requant[channels] = {multiplier, shift}. Also any 1x1 convolution of
 * stride 1, whose pixels are the rows. */
void tc_fully_connected_s8(const int8_t *x, int8_t *y, const int8_t *w, const int32_t *bias, const int32_t *requant,
                           const tc_fully_connected_s8_t *p);

/* Sums run over the depth in order from the bias on; bias may be null. */
void tc_fully_connected_f32(const float *x, float *y, const float *w, const float *bias,
                            const tc_fully_connected_f32_t *p);

/* The same for cores with an FPU; packed[] is described in tc_tile_f32.h. */
void tc_fully_connected_f32_fpu(const float *x, float *y, const float *packed, const tc_fully_connected_f32_t *p);

void tc_matmul_s8(const int8_t *a, const int8_t *b, int8_t *y, const tc_matmul_t *p, const tc_matmul_s8_t *q);
void tc_matmul_f32(const float *a, const float *b, float *y, const tc_matmul_t *p, const tc_range_f32_t *q);

/* The same for cores with an FPU and at least four columns. */
void tc_matmul_f32_fpu(const float *a, const float *b, float *y, const tc_matmul_t *p, const tc_range_f32_t *q);

/* Integers of either sign, modulo 2^32 or 2^64. */
void tc_matmul_32(const void *a, const void *b, void *y, const tc_matmul_t *p);
void tc_matmul_64(const void *a, const void *b, void *y, const tc_matmul_t *p);

TC_EXTERN_C_END

#endif
