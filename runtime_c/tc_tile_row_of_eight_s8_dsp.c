/* One pixel by eight channels, with few instructions: pairs of words are loaded by one. */
#include "tc_tile_code_dsp.h"

#ifdef TC_TILE_ASM

#define PAIR(a, b)                                                                                 \
  TC_LINE("ldm r0!, {r12, lr}") TC_MAC(a, "r12", "r3") TC_MAC(b, "lr", "r3")                       \
  TC_SXTB16("r12", "r12") TC_SXTB16("lr", "lr") TC_MAC(a, "r12", "r2") TC_MAC(b, "lr", "r2")

/* 32 instructions of four bytes; sums in r4 to r11. */
#define STEP                                                                                       \
  TC_LOAD_COLUMN("r2") TC_LINE("eor r2, r2, #0x00800080")                                          \
  TC_LINE("uxtb16 r3, r2") TC_LINE("eor r3, r3, #0x00ff00ff")                                      \
  PAIR("r4", "r5") PAIR("r6", "r7") PAIR("r8", "r9") PAIR("r10", "r11")

/* r2 zero, r3 y. */
#define RESULT(acc)                                                                                \
  TC_LINE("ldm r0!, {r12, lr}") TC_LINE("lsl r1, r2, lr")                                          \
  TC_LINE("smmla " acc ", " acc ", r12, r1") TC_LINE("asr " acc ", " acc ", lr")                   \
  TC_LINE("ssat " acc ", #8, " acc ", asr #1") TC_LINE("strb " acc ", [r3], #1")

void tc_tile_row_of_eight_s8_dsp(const tc_tile_t *tile) {
  TC_TILE_RUN(
      TC_TILE_BEGIN("128", "2", "2")
      TC_LINE("1:")
      TC_LINE("ldm r0!, {r4-r11}") TC_LINE("ldr r1, " TC_AT_COLUMN) TC_LINE("ldr r2, " TC_AT_ENTRY)
      TC_LINE("bx r2")
      TC_LINE("2:")
      STEP STEP STEP STEP
      TC_LINE("ldr r12, " TC_AT_COLUMN_END) TC_LINE("cmp r1, r12") TC_LINE("bne 2b")
      TC_LINE("ldr r2, " TC_AT_ZERO) TC_LINE("ldr r3, " TC_AT_Y)
      RESULT("r4") RESULT("r5") RESULT("r6") RESULT("r7") RESULT("r8") RESULT("r9") RESULT("r10") RESULT("r11")
      TC_LINE("str r3, " TC_AT_Y)
      TC_LINE("ldr r2, " TC_AT_END) TC_LINE("cmp r0, r2") TC_LINE("bne 1b"),
      tile);
}

#else

void tc_tile_row_of_eight_s8_dsp(const tc_tile_t *tile) { tc_tile_row(tile, 8); }

#endif
