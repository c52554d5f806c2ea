/* Two pixels by two channels, with small columns. */
#include "tc_tile_code_dsp.h"

#ifdef TC_TILE_ASM

/* 16 instructions of four bytes; sums of one channel in r4, r5, of the other in r6, r7; columns in r1 and lr. */
#define STEP                                                                                       \
  TC_LOAD_WEIGHTS("r2") TC_LOAD_WEIGHTS("r3") TC_LOAD_COLUMN("r8") TC_LOAD_COLUMN_TWO("r9")     \
  TC_LINE("bic r10, r12, r8") TC_MAC("r4", "r2", "r10") TC_MAC("r6", "r3", "r10")                  \
  TC_LINE("bic r10, r12, r9") TC_MAC("r5", "r2", "r10") TC_MAC("r7", "r3", "r10")                  \
  TC_SXTB16("r2", "r2") TC_SXTB16("r3", "r3")                                                      \
  TC_MAC("r4", "r2", "r8") TC_MAC("r6", "r3", "r8") TC_MAC("r5", "r2", "r9") TC_MAC("r7", "r3", "r9")

#ifdef __OPTIMIZE_SIZE__
#define STEPS STEP STEP
#define BITS "1"
#else
#define STEPS STEP STEP STEP STEP STEP STEP STEP STEP
#define BITS "3"
#endif

void tc_tile_two_s8_dsp(const tc_tile_t *tile) {
  TC_TILE_RUN(TC_TILE_TWO(TC_TILE_BEGIN_TWO("64", "2", BITS), TC_LINE("ldr lr, " TC_AT_COLUMN_TWO), STEPS), tile);
}

#else

void tc_tile_two_s8_dsp(const tc_tile_t *tile) { tc_tile_columns(tile, 2, tc_tile_step); }

#endif
