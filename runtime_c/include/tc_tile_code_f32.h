/* What the float32 tiles are made of: assembly for cores with an FPU, C for all others. */
#ifndef TC_TILE_CODE_F32_H
#define TC_TILE_CODE_F32_H

#include "tc_broadcast.h"
#include "tc_float_bits.h"
#include "tc_tile_f32.h"

#ifdef TC_TILE_F32_ASM

/* Compilers spill sums, part loads that are cheap only as one, and take VMLA, whose three cycles on the Cortex-M4 are
 * one more than those of VMUL and VADD. In all tiles: r0 the tile, r1 to r4 pixels, r5 spots, r6 runs, r8 and r9
 * counters, r12 weights, s0 to s15 sums. */
#define TC_LINE(text) text "\n\t"
#define TC_AT_START "[r0]"
#define TC_AT_WEIGHTS "[r0, #4]"
#define TC_AT_Y "[r0, #8]"
#define TC_AT_SPOTS "[r0, #12]"
#define TC_AT_RUNS "[r0, #16]"
#define TC_AT_LENGTH "[r0, #20]"
#define TC_AT_LO "[r0, #24]"
#define TC_AT_HI "[r0, #28]"
#define TC_AT_Y_STEP "[r0, #32]"
#define TC_AT_W_STEP "[r0, #36]"

/* Four sums += the products of four weights with s`x`, which pass through s`p0` to s`p3`. */
#define TC_MUL(p, w, x) TC_LINE("vmul.f32 s" #p ", s" #w ", s" #x)
#define TC_ADD(sum, p) TC_LINE("vadd.f32 s" #sum ", s" #sum ", s" #p)
#define TC_FOUR_MULS(p0, p1, p2, p3, w0, w1, w2, w3, x)                                                      \
  TC_MUL(p0, w0, x) TC_MUL(p1, w1, x) TC_MUL(p2, w2, x) TC_MUL(p3, w3, x)
#define TC_FOUR_ADDS(s0, s1, s2, s3, p0, p1, p2, p3)                                                         \
  TC_ADD(s0, p0) TC_ADD(s1, p1) TC_ADD(s2, p2) TC_ADD(s3, p3)

/* The sums s`i` for each i of the list, clamped as tc_clamp_f32 does: a NaN stays what it is. s16 is the bound. */
#define TC_CLAMP(list, condition)                                                                            \
  TC_LINE(".irp i, " list) TC_LINE("vcmp.f32 s\\i, s16") TC_LINE("vmrs APSR_nzcv, fpscr")                     \
  TC_LINE("it " condition) TC_LINE("vmov" condition ".f32 s\\i, s16") TC_LINE(".endr")
#define TC_RAISE(list) TC_CLAMP(list, "mi")
#define TC_LOWER(list) TC_CLAMP(list, "gt")

/* Skips what follows, up to `label`, where the bound is an infinity; otherwise s16 holds it. */
#define TC_UNLESS_LO(label)                                                                                  \
  TC_LINE("ldr r1, " TC_AT_LO) TC_LINE("cmn r1, #0x00800000") TC_LINE("beq " label) TC_LINE("vmov s16, r1")
#define TC_UNLESS_HI(label)                                                                                  \
  TC_LINE("ldr r1, " TC_AT_HI) TC_LINE("cmp r1, #0x7f800000") TC_LINE("beq " label) TC_LINE("vmov s16, r1")

#define TC_COPY(to, from) TC_LINE("vmov.f32 s" #to ", s" #from)
#define TC_COPY_FOUR(s0, s1, s2, s3) TC_COPY(s0, 0) TC_COPY(s1, 1) TC_COPY(s2, 2) TC_COPY(s3, 3)

/* The start values of four channels to s0 to s3, and by `copies` to the other pixels; the weights, the spots and the
 * runs. Goes to `label` where there are no runs. */
#define TC_TILE_START(copies, label)                                                                         \
  TC_LINE(".syntax unified") TC_LINE("ldr r1, " TC_AT_START) TC_LINE("ldr r12, " TC_AT_WEIGHTS)              \
  TC_LINE("ldr r5, " TC_AT_SPOTS) TC_LINE("ldr r6, " TC_AT_RUNS) TC_LINE("vldmia r1, {s0-s3}") copies        \
  TC_LINE("cmp r6, #0") TC_LINE("beq " label)

/* Pixel after pixel from s0 on to y. */
#define TC_STORE_FIRST TC_LINE("ldr r1, " TC_AT_Y) TC_LINE("ldr r2, " TC_AT_Y_STEP) TC_LINE("vstmia r1, {s0-s3}")
#define TC_STORE_NEXT(sums) TC_LINE("add r1, r1, r2") TC_LINE("vstmia r1, {" sums "}")

#define TC_ALL_FPU_REGISTERS                                                                                 \
  "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16", \
      "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31"

#define TC_TILE_RUN(text, tile)                                                                              \
  register const void *fields __asm__("r0") = (tile);                                                        \
  __asm__ volatile(text                                                                                      \
                   : "+r"(fields)                                                                            \
                   :                                                                                         \
                   : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12",     \
                     TC_ALL_FPU_REGISTERS, "cc", "memory")

#endif

static inline const float *tc_tile_run(const tc_tile_f32_t *tile, int32_t spot) {
#ifdef TC_TILE_F32_ASM
  return tile->spots[spot];
#else
  const int32_t at = tile->spots[spot];
  return at == TC_SPOT_ZEROS ? tile->zeros : tile->x + at;
#endif
}

/* One block of any tile, in C. */
static inline void tc_tile_block_f32(const tc_tile_f32_t *tile, int32_t pixels) {
  const int32_t y_step = tile->y_step / (int32_t)sizeof(float), w_step = tile->w_step / (int32_t)sizeof(float);
  const float *w = tile->weights;
  float sums[TC_TILE_F32_SUMS];
  for (int32_t i = 0; i < 4 * pixels; ++i) sums[i] = tile->start[i & 3];
  for (int32_t run = 0; run < tile->runs; ++run, w += w_step * tile->length)
    for (int32_t i = 0; i < pixels; ++i) {
      const float *x = tc_tile_run(tile, run * pixels + i);
      for (int32_t k = 0; k < tile->length; ++k)
        for (int32_t c = 0; c < 4; ++c) sums[4 * i + c] += x[k] * w[w_step * k + c];
    }
  for (int32_t i = 0; i < 4 * pixels; ++i) tile->y[i / 4 * y_step + i % 4] = tc_clamp_f32(sums[i], tile->lo, tile->hi);
}

/* All blocks. The call of `block` stands in one place, so that it is inlined: it saves half of the FPU's registers.
 * What is asked after it is read from memory, lest a compiler makes two copies of it. */
static inline void tc_tile_blocks_f32(tc_tile_f32_t *tile, int32_t pixels, void (*block)(const tc_tile_f32_t *)) {
  const float *const start = tile->start, *const weights = tile->weights;
  float *const y = tile->y;
  const int32_t y_step = tile->y_step;
  for (int32_t c = 0, at = 0; c < tile->channels; c += 4, at += tile->block) {
    float results[TC_TILE_F32_SUMS];
    tile->start = start + at;
    tile->weights = weights + at;
    tile->y = y + c;
    if (c + 4 > tile->channels) { /* the rest of the block has no place in y */
      tile->y_step = 4 * (int32_t)sizeof(float);
      tile->y = results;
    }
    block(tile);
    for (int32_t i = 0; tile->y == results && i < pixels; ++i)
      for (int32_t j = 0; j < tile->channels - c; ++j)
        y[i * (y_step / (int32_t)sizeof(float)) + c + j] = results[4 * i + j];
  }
  tile->start = start;
  tile->weights = weights;
  tile->y = y;
  tile->y_step = y_step;
}

/* The same over the columns of a matrix, at least four; the last block may share some with the one before. */
static inline void tc_tile_columns_f32(tc_tile_f32_t *tile, void (*block)(const tc_tile_f32_t *)) {
  const float *const weights = tile->weights;
  float *const y = tile->y;
  const int32_t last = tile->channels - 4;
  for (int32_t c = 0, done = 0; !done; c = tc_min_s32(c + 4, last)) {
    tile->weights = weights + c;
    tile->y = y + c;
    block(tile);
    done = c == last;
  }
  tile->weights = weights;
  tile->y = y;
}

#endif
