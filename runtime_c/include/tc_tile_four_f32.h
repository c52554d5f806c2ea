/* Four pixels by four channels, the sums of pixel i from s`4 i` on. TC_TILE_WEIGHTS brings those of the next element to
 * s24 to s27; r10 is w_step. */
#ifndef TC_TILE_FOUR_F32_H
#define TC_TILE_FOUR_F32_H

#include "tc_tile_code_f32.h"

#ifdef TC_TILE_F32_ASM

/* One element of every pixel, in s`a` to s`d`, with its weights. */
#define PRODUCTS(x, s0, s1, s2, s3)                                                                          \
  TC_FOUR_MULS(28, 29, 30, 31, 24, 25, 26, 27, x) TC_FOUR_ADDS(s0, s1, s2, s3, 28, 29, 30, 31)
#define ELEMENT(a, b, c, d)                                                                                  \
  TC_TILE_WEIGHTS                                                                                            \
  PRODUCTS(a, 0, 1, 2, 3) PRODUCTS(b, 4, 5, 6, 7) PRODUCTS(c, 8, 9, 10, 11) PRODUCTS(d, 12, 13, 14, 15)

#define SUMS "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15"

static void tc_tile_four_block(const tc_tile_f32_t *tile) {
  TC_TILE_RUN(
      TC_TILE_START(TC_COPY_FOUR(4, 5, 6, 7) TC_COPY_FOUR(8, 9, 10, 11) TC_COPY_FOUR(12, 13, 14, 15), "8f")
      TC_LINE("ldr r8, " TC_AT_LENGTH) TC_LINE("ldr r10, " TC_AT_W_STEP)
      TC_LINE("1:")
      TC_LINE("ldmia r5!, {r1-r4}") TC_LINE("lsrs r9, r8, #1") TC_LINE("beq 3f")
      TC_LINE("2:")
      TC_LINE("vldmia r1!, {s16-s17}") TC_LINE("vldmia r2!, {s18-s19}")
      TC_LINE("vldmia r3!, {s20-s21}") TC_LINE("vldmia r4!, {s22-s23}")
      ELEMENT(16, 18, 20, 22) ELEMENT(17, 19, 21, 23)
      TC_LINE("subs r9, r9, #1") TC_LINE("bne 2b")
      TC_LINE("3:")
      TC_LINE("tst r8, #1") TC_LINE("beq 4f")
      TC_LINE("vldr s16, [r1]") TC_LINE("vldr s18, [r2]") TC_LINE("vldr s20, [r3]") TC_LINE("vldr s22, [r4]")
      ELEMENT(16, 18, 20, 22)
      TC_LINE("4:")
      TC_LINE("subs r6, r6, #1") TC_LINE("bne 1b")
      TC_LINE("8:")
      TC_UNLESS_LO("5f") TC_RAISE(SUMS) TC_LINE("5:")
      TC_UNLESS_HI("6f") TC_LOWER(SUMS) TC_LINE("6:")
      TC_STORE_FIRST TC_STORE_NEXT("s4-s7") TC_STORE_NEXT("s8-s11") TC_STORE_NEXT("s12-s15"),
      tile);
}

#else

static void tc_tile_four_block(const tc_tile_f32_t *tile) { tc_tile_block_f32(tile, TC_TILE_F32_PIXELS); }

#endif

#endif
