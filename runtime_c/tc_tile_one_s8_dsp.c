/* One pixel by two channels, with a small column. */
#include "tc_tile_code_dsp.h"

#ifdef TC_TILE_ASM

/* 10 instructions of four bytes; the sums of both channels in r4 and r6. */
#define STEP                                                                                       \
  TC_LOAD_WEIGHTS("r2") TC_LOAD_WEIGHTS("r3") TC_LOAD_COLUMN("r8")                                 \
  TC_LINE("bic r10, r12, r8") TC_MAC("r4", "r2", "r10") TC_MAC("r6", "r3", "r10")                  \
  TC_SXTB16("r2", "r2") TC_SXTB16("r3", "r3") TC_MAC("r4", "r2", "r8") TC_MAC("r6", "r3", "r8")

void tc_tile_one_s8_dsp(const tc_tile_t *tile) {
  TC_TILE_RUN(
      TC_TILE_BEGIN("40", "2", "2")
      TC_LINE("1:")
      TC_LOAD_WEIGHTS("r4") TC_LOAD_WEIGHTS("r6") TC_LINE("ldr r1, " TC_AT_COLUMN) TC_LINE("ldr r11, " TC_AT_COLUMN_END)
      TC_LINE("ldr r2, " TC_AT_ENTRY) TC_LINE("mov r12, #0x00ff00ff")
      TC_LINE("bx r2")
      TC_LINE("2:")
      STEP STEP STEP STEP
      TC_LINE("cmp r1, r11") TC_LINE("bne 2b")
      TC_LOAD_WEIGHTS("r1") TC_LOAD_WEIGHTS("r2") TC_LINE("ldr lr, " TC_AT_ZERO) TC_LINE("ldr r12, " TC_AT_Y)
      TC_LINE("lsl r3, lr, r2") TC_SCALE("r4")
      TC_LOAD_WEIGHTS("r1") TC_LOAD_WEIGHTS("r2") TC_LINE("lsl r3, lr, r2") TC_SCALE("r6")
      TC_LINE("ldr r1, " TC_AT_END)
      TC_LINE("strb r6, [r12, #1]") TC_LINE("strb r4, [r12], #2")
      TC_LINE("str r12, " TC_AT_Y) TC_LINE("cmp r0, r1") TC_LINE("bne 1b"),
      tile);
}

#else

void tc_tile_one_s8_dsp(const tc_tile_t *tile) { tc_tile_columns(tile, 1, tc_tile_step); }

#endif
