/* One pixel by four channels; activations are widened on the way. */
#include "tc_tile_code_dsp.h"

#ifdef TC_TILE_ASM

/* 19 instructions of four bytes; sums in r4 to r7. */
#define STEP                                                                                       \
  TC_LOAD_COLUMN("r2") TC_LOAD_WEIGHTS("r8") TC_LOAD_WEIGHTS("r9") TC_LOAD_WEIGHTS("r10") TC_LOAD_WEIGHTS("r11") \
  TC_LINE("eor r2, r2, #0x00800080") TC_LINE("bic r3, r12, r2")                                    \
  TC_MAC("r4", "r8", "r3") TC_MAC("r5", "r9", "r3") TC_MAC("r6", "r10", "r3") TC_MAC("r7", "r11", "r3") \
  TC_SXTB16("r8", "r8") TC_SXTB16("r9", "r9") TC_SXTB16("r10", "r10") TC_SXTB16("r11", "r11")      \
  TC_MAC("r4", "r8", "r2") TC_MAC("r5", "r9", "r2") TC_MAC("r6", "r10", "r2") TC_MAC("r7", "r11", "r2")

/* r2 zero, r3 y. */
#define RESULT(acc, multiplier, shift)                                                             \
  TC_LINE("lsl r1, r2, " shift) TC_LINE("smmla " acc ", " acc ", " multiplier ", r1")              \
  TC_LINE("asr " acc ", " acc ", " shift) TC_LINE("ssat " acc ", #8, " acc ", asr #1")             \
  TC_LINE("strb " acc ", [r3], #1")

void tc_tile_row_s8_dsp(const tc_tile_t *tile) {
  TC_TILE_RUN(
      TC_TILE_BEGIN("76", "2", "2")
      TC_LINE("mov r12, #0x00ff00ff") TC_LINE("ldr lr, " TC_AT_COLUMN_END)
      TC_LINE("1:")
      TC_LOAD_WEIGHTS("r4") TC_LOAD_WEIGHTS("r5") TC_LOAD_WEIGHTS("r6") TC_LOAD_WEIGHTS("r7")
      TC_LINE("ldr r1, " TC_AT_COLUMN) TC_LINE("ldr r2, " TC_AT_ENTRY)
      TC_LINE("bx r2")
      TC_LINE("2:")
      STEP STEP STEP STEP
      TC_LINE("cmp r1, lr") TC_LINE("bne 2b")
      TC_LOAD_WEIGHTS("r8") TC_LOAD_WEIGHTS("r9") TC_LOAD_WEIGHTS("r10") TC_LOAD_WEIGHTS("r11")
      TC_LINE("ldr r2, " TC_AT_ZERO) TC_LINE("ldr r3, " TC_AT_Y)
      RESULT("r4", "r8", "r9") RESULT("r5", "r10", "r11")
      TC_LOAD_WEIGHTS("r8") TC_LOAD_WEIGHTS("r9") TC_LOAD_WEIGHTS("r10") TC_LOAD_WEIGHTS("r11")
      RESULT("r6", "r8", "r9") RESULT("r7", "r10", "r11")
      TC_LINE("str r3, " TC_AT_Y)
      TC_LINE("ldr r2, " TC_AT_END) TC_LINE("cmp r0, r2") TC_LINE("bne 1b"),
      tile);
}

#else

void tc_tile_row_s8_dsp(const tc_tile_t *tile) { tc_tile_row(tile, 4); }

#endif
