/* Four pixels by two channels. */
#include "tc_tile_code_dsp.h"

#ifdef TC_TILE_ASM

/* Of two pixels the u or v, with the weights in r2 and r3. */
#define HALF(a0, a1, b0, b1)                                                                                 \
  TC_LOAD_COLUMN("r12") TC_LOAD_COLUMN("lr")                                                                 \
  TC_MAC(a0, "r2", "r12") TC_MAC(b0, "r3", "r12") TC_MAC(a1, "r2", "lr") TC_MAC(b1, "r3", "lr")

/* 28 instructions of four bytes; sums of one channel in r4 to r7, of the other in r8 to r11. */
#define STEP                                                                                                 \
  TC_LOAD_WEIGHTS("r2") TC_LOAD_WEIGHTS("r3") HALF("r4", "r5", "r8", "r9") HALF("r6", "r7", "r10", "r11")    \
  TC_SXTB16("r2", "r2") TC_SXTB16("r3", "r3") HALF("r4", "r5", "r8", "r9") HALF("r6", "r7", "r10", "r11")

void tc_tile_four_s8_dsp(const tc_tile_t *tile) {
  TC_TILE_RUN(
      TC_TILE_BEGIN("112", "5", "3")
      TC_LINE("1:")
      TC_LOAD_WEIGHTS("r4") TC_LOAD_WEIGHTS("r8") TC_LINE("ldr r1, " TC_AT_COLUMN) TC_LINE("ldr r2, " TC_AT_ENTRY)
      TC_LINE("mov r5, r4") TC_LINE("mov r6, r4") TC_LINE("mov r7, r4")
      TC_LINE("mov r9, r8") TC_LINE("mov r10, r8") TC_LINE("mov r11, r8")
      TC_LINE("bx r2")
      TC_LINE("2:")
      STEP STEP STEP STEP STEP STEP STEP STEP
      TC_LINE("ldr r2, " TC_AT_COLUMN_END) TC_LINE("cmp r1, r2") TC_LINE("bne 2b")
      TC_LOAD_WEIGHTS("r1") TC_LOAD_WEIGHTS("r2") TC_LINE("ldr lr, " TC_AT_ZERO) TC_LINE("ldr r12, " TC_AT_Y)
      TC_LINE("lsl r3, lr, r2") TC_SCALE("r4") TC_SCALE("r5") TC_SCALE("r6") TC_SCALE("r7")
      TC_LOAD_WEIGHTS("r1") TC_LOAD_WEIGHTS("r2")
      TC_LINE("lsl r3, lr, r2") TC_SCALE("r8") TC_SCALE("r9") TC_SCALE("r10") TC_SCALE("r11")
      TC_LINE("ldr r2, " TC_AT_Y_STEP) TC_LINE("ldr r1, " TC_AT_END) TC_LINE("add r3, r12, r2")
      TC_LINE("strb r8, [r12, #1]") TC_LINE("strb r4, [r12], #2")
      TC_LINE("strb r5, [r3]") TC_LINE("strb r9, [r3, #1]") TC_LINE("add r3, r3, r2")
      TC_LINE("strb r6, [r3]") TC_LINE("strb r10, [r3, #1]") TC_LINE("add r3, r3, r2")
      TC_LINE("strb r7, [r3]") TC_LINE("strb r11, [r3, #1]")
      TC_LINE("str r12, " TC_AT_Y) TC_LINE("cmp r0, r1") TC_LINE("bne 1b"),
      tile);
}

#else

void tc_tile_four_s8_dsp(const tc_tile_t *tile) {
  const int32_t *w = tile->packed;
  int8_t *y = tile->y;
  for (; w != tile->end; y += 2) {
    uint32_t acc[2][4];
    const uint32_t *column = (const uint32_t *)tile->column;
    for (int32_t i = 0; i < 8; ++i) acc[i / 4][i % 4] = (uint32_t)w[i / 4];
    for (w += 2; column != tile->column_end; column += 8)
      for (int32_t c = 0; c < 2; ++c, ++w)
        for (int32_t i = 0; i < 4; ++i) acc[c][i] += tc_tile_dot((uint32_t)*w, column[i], column[4 + i]);
    for (int32_t c = 0; c < 2; ++c, w += 2)
      for (int32_t i = 0; i < 4; ++i) y[i * tile->y_step + c] = tc_tile_scaled(acc[c][i], w[0], w[1], tile->zero);
  }
}

#endif
