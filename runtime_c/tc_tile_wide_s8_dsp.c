/* Two pixels by two channels, for sums of 32 bits. */
#include "tc_tile_code_dsp.h"

#ifdef TC_TILE_ASM

/* 20 instructions of four bytes; sums of one channel in r4, r5, of the other in r6, r7; columns in r1 and lr. */
#define STEP                                                                                       \
  TC_LOAD_WEIGHTS("r2") TC_LOAD_WEIGHTS("r3") TC_LOAD_COLUMN("r8") TC_LOAD_COLUMN_TWO("r9")        \
  TC_SXTB16("r10", "r2") TC_SXTB16("r11", "r3")                                                    \
  TC_SXTB16("r12", "r8") TC_MAC("r4", "r10", "r12") TC_MAC("r6", "r11", "r12")                     \
  TC_SXTB16("r12", "r9") TC_MAC("r5", "r10", "r12") TC_MAC("r7", "r11", "r12")                     \
  TC_SXTB16("r2", "r2, ror #8") TC_SXTB16("r3", "r3, ror #8")                                      \
  TC_SXTB16("r8", "r8, ror #8") TC_SXTB16("r9", "r9, ror #8")                                      \
  TC_MAC("r4", "r2", "r8") TC_MAC("r6", "r3", "r8") TC_MAC("r5", "r2", "r9") TC_MAC("r7", "r3", "r9")

void tc_tile_wide_s8_dsp(const tc_tile_t *tile) {
  TC_TILE_RUN(
      TC_TILE_BEGIN_TWO("80", "2", "1")
      TC_LINE("1:")
      TC_LOAD_WEIGHTS("r4") TC_LOAD_WEIGHTS("r6") TC_LINE("ldr r1, " TC_AT_COLUMN) TC_LINE("ldr lr, " TC_AT_COLUMN_TWO)
      TC_LINE("ldr r2, " TC_AT_ENTRY) TC_LINE("mov r5, r4") TC_LINE("mov r7, r6")
      TC_LINE("bx r2")
      TC_LINE("2:")
      STEP STEP
      TC_LINE("ldr r2, " TC_AT_COLUMN_END) TC_LINE("cmp r1, r2") TC_LINE("bne 2b")
      TC_FINISH_TWO,
      tile);
}

#else

void tc_tile_wide_s8_dsp(const tc_tile_t *tile) { tc_tile_columns(tile, 2, tc_tile_bytes_dot); }

#endif
