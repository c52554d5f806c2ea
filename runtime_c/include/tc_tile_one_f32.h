/* One pixel by four channels, the sums in s0 to s3. TC_TILE_WEIGHTS brings those of the next element to s8 to s11,
 * TC_TILE_ELEMENTS adds the products of the next four with s4 to s7; r10 is w_step. */
#ifndef TC_TILE_ONE_F32_H
#define TC_TILE_ONE_F32_H

#include "tc_tile_code_f32.h"

#ifdef TC_TILE_F32_ASM

/* One element with its weights; the sums of the four channels in s0 to s3. */
#define TC_TILE_ELEMENT(x, w0, w1, w2, w3)                                                                           \
  TC_FOUR_MULS(24, 25, 26, 27, w0, w1, w2, w3, x) TC_FOUR_ADDS(0, 1, 2, 3, 24, 25, 26, 27)

static void tc_tile_one_block(const tc_tile_f32_t *tile) {
  TC_TILE_RUN(
      TC_TILE_START(, "8f")
      TC_LINE("ldr r8, " TC_AT_LENGTH) TC_LINE("ldr r10, " TC_AT_W_STEP)
      TC_LINE("1:")
      TC_LINE("ldr r1, [r5], #4") TC_LINE("lsrs r9, r8, #2") TC_LINE("beq 3f")
      TC_LINE("2:")
      TC_LINE("vldmia r1!, {s4-s7}") TC_TILE_ELEMENTS
      TC_LINE("subs r9, r9, #1") TC_LINE("bne 2b")
      TC_LINE("3:")
      TC_LINE("ands r9, r8, #3") TC_LINE("beq 5f")
      TC_LINE("4:")
      TC_LINE("vldmia r1!, {s4}") TC_TILE_WEIGHTS TC_TILE_ELEMENT(4, 8, 9, 10, 11)
      TC_LINE("subs r9, r9, #1") TC_LINE("bne 4b")
      TC_LINE("5:")
      TC_LINE("subs r6, r6, #1") TC_LINE("bne 1b")
      TC_LINE("8:")
      TC_UNLESS_LO("6f") TC_RAISE("0, 1, 2, 3") TC_LINE("6:")
      TC_UNLESS_HI("7f") TC_LOWER("0, 1, 2, 3") TC_LINE("7:")
      TC_STORE_FIRST,
      tile);
}

#else

static void tc_tile_one_block(const tc_tile_f32_t *tile) { tc_tile_block_f32(tile, 1); }

#endif

#endif
