/* Two neighbouring pixels by two channels, for windows of three columns at stride 1. Of the four columns that both windows
 * span, each pixel takes three, so what is loaded and taken apart for the two in the middle serves both. */
#include "tc_tile_code_dsp.h"

#ifdef TC_TILE_ASM

/* One column of the filters, with columns of activations in `v0` for one pixel, `v1` for the other. */
#define COLUMN(u0, v0, u1, v1)                                                                     \
  TC_MAC("r4", "r2", u0) TC_MAC("r6", "r3", u0) TC_MAC("r5", "r2", u1) TC_MAC("r7", "r3", u1)      \
  TC_SXTB16("r2", "r2") TC_SXTB16("r3", "r3")                                                      \
  TC_MAC("r4", "r2", v0) TC_MAC("r6", "r3", v0) TC_MAC("r5", "r2", v1) TC_MAC("r7", "r3", v1)

/* 44 instructions of four bytes; sums of one channel in r4, r5, of the other in r6, r7. */
#define STEP                                                                                       \
  TC_LOAD_WEIGHTS("r2") TC_LOAD_WEIGHTS("r3") TC_LINE("ldr r8, [r1], #16") TC_LINE("ldr r9, [r1, #-12]") \
  TC_LINE("bic r10, r12, r8") TC_LINE("bic lr, r12, r9") COLUMN("r10", "r8", "lr", "r9")           \
  TC_LOAD_WEIGHTS("r2") TC_LOAD_WEIGHTS("r3") TC_LINE("ldr r8, [r1, #-8]")                         \
  TC_LINE("bic r10, r12, r8") COLUMN("lr", "r9", "r10", "r8")                                      \
  TC_LOAD_WEIGHTS("r2") TC_LOAD_WEIGHTS("r3") TC_LINE("ldr r9, [r1, #-4]")                         \
  TC_LINE("bic lr, r12, r9") COLUMN("r10", "r8", "lr", "r9")

#ifdef __OPTIMIZE_SIZE__
#define STEPS STEP
#define LOW "3" /* a bit that is 0: there is one entry */
#define BITS "1"
#else
#define STEPS STEP STEP STEP STEP
#define LOW "4"
#define BITS "2"
#endif

void tc_tile_two_kx3_s8_dsp(const tc_tile_t *tile) {
  TC_TILE_RUN(TC_TILE_TWO(TC_TILE_BEGIN("176", LOW, BITS), "", STEPS), tile);
}

#else

void tc_tile_two_kx3_s8_dsp(const tc_tile_t *tile) {
  const int32_t *w = tile->packed;
  for (int8_t *y = tile->y; w != tile->end; y += 2) {
    uint32_t acc[2][2];
    for (int32_t i = 0; i < 4; ++i) acc[i / 2][i % 2] = (uint32_t)w[i / 2];
    w += 2;
    for (const uint32_t *column = (const uint32_t *)tile->column; column != tile->column_end; column += 4)
      for (int32_t kx = 0; kx < 3; ++kx)
        for (int32_t c = 0; c < 2; ++c, ++w)
          for (int32_t i = 0; i < 2; ++i) acc[c][i] += tc_tile_step((uint32_t)*w, column[kx + i]);
    for (int32_t c = 0; c < 2; ++c, w += 2)
      for (int32_t i = 1; i >= 0; --i) y[i * tile->y_step + c] = tc_tile_scaled(acc[c][i], w[0], w[1], tile->zero);
  }
}

#endif
