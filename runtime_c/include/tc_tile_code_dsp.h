/* What tiles are made of: assembly for cores with the DSP extension, C for all others. */
#ifndef TC_TILE_CODE_DSP_H
#define TC_TILE_CODE_DSP_H

#include "tc_numeric.h"
#include "tc_tile_dsp.h"

#define TC_EVEN_BYTES 0x00ff00ffu
#define TC_FLIP_EVEN 0x00800080u

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__GNUC__)
#define TC_TILE_ASM 1

/* Compilers do not find these loops: they spill sums, and part loads that are pipelined only side by side.
 * In all tiles: r0 packed weights, r1 column; on the stack the fields of the tile from `column` on, at the offsets of
 * TC_AT_*, with the entry into the unrolled loop as the last one. */
#define TC_AT_COLUMN_TWO "[sp]" /* of the second pixel, in tiles of two */
#define TC_AT_COLUMN "[sp, #4]"
#define TC_AT_COLUMN_END "[sp, #8]"
#define TC_AT_Y "[sp, #12]"
#define TC_AT_Y_STEP "[sp, #16]"
#define TC_AT_ZERO "[sp, #20]"
#define TC_AT_END "[sp, #24]"
#define TC_AT_ENTRY "[sp, #28]"

#define TC_LINE(text) text "\n\t"
#define TC_LOAD_WEIGHTS(r) TC_LINE("ldr " r ", [r0], #4")
#define TC_LOAD_COLUMN(r) TC_LINE("ldr " r ", [r1], #4")
#define TC_LOAD_COLUMN_TWO(r) TC_LINE("ldr " r ", [lr], #4")
#define TC_MAC(acc, w, x) TC_LINE("smlad " acc ", " w ", " x ", " acc)
#define TC_SXTB16(to, from) TC_LINE("sxtb16 " to ", " from)

/* r0: the tile. `step`: bytes of code of one of the unrolled steps at label 2; `low`, `bits`: where the number of steps,
 * modulo the steps of the loop, stands in the size of a column. */
#define TC_TILE_BEGIN(step, low, bits)                                                              \
  TC_LINE(".syntax unified") TC_LINE(".p2align 2") /* for adr */                                     \
  TC_LINE("push {r7}") /* may be the frame pointer, which cannot be named as overwritten */         \
  TC_LINE("ldm r0, {r1-r7}") TC_LINE("mov r0, r1") TC_LINE("sub r8, r2, r3")                        \
  TC_LINE("ubfx r8, r8, #" low ", #" bits) TC_LINE("mov r9, #" step) TC_LINE("adr.w r1, 2f")        \
  TC_LINE("mla r8, r8, r9, r1") TC_LINE("orr r8, r8, #1") TC_LINE("push {r1-r8}")

/* The same for tiles of two pixels. */
#define TC_TILE_BEGIN_TWO(step, low, bits)                                                          \
  TC_LINE("ldr r10, [r0, #28]") TC_TILE_BEGIN(step, low, bits)                                      \
  TC_LINE("ldr r1, " TC_AT_COLUMN) TC_LINE("add r1, r1, r10") TC_LINE("str r1, " TC_AT_COLUMN_TWO)

/* sum -> result; r1 multiplier, r2 shift, r3 zero << shift. */
#define TC_SCALE(acc)                                                                               \
  TC_LINE("smmla " acc ", " acc ", r1, r3") TC_LINE("asr " acc ", " acc ", r2")                     \
  TC_LINE("ssat " acc ", #8, " acc ", asr #1")

#define TC_TILE_RUN(text, tile)                                                                     \
  register const void *fields __asm__("r0") = (tile);                                               \
  __asm__ volatile(text TC_LINE("add sp, sp, #32") TC_LINE("pop {r7}")                              \
                   : "+r"(fields)                                                                   \
                   :                                                                                \
                   : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc",    \
                     "memory")

/* The results of two channels for two pixels from r4, r5 and r6, r7, and the way back to the next block. */
#define TC_FINISH_TWO                                                                               \
  TC_LOAD_WEIGHTS("r1") TC_LOAD_WEIGHTS("r2") TC_LINE("ldr lr, " TC_AT_ZERO) TC_LINE("ldr r12, " TC_AT_Y) \
  TC_LINE("lsl r3, lr, r2") TC_SCALE("r4") TC_SCALE("r5")                                           \
  TC_LOAD_WEIGHTS("r1") TC_LOAD_WEIGHTS("r2")                                                       \
  TC_LINE("lsl r3, lr, r2") TC_SCALE("r6") TC_SCALE("r7")                                           \
  TC_LINE("ldr r2, " TC_AT_Y_STEP) TC_LINE("ldr r1, " TC_AT_END) TC_LINE("add r3, r12, r2")         \
  TC_LINE("strb r5, [r3]") TC_LINE("strb r7, [r3, #1]")                                             \
  TC_LINE("strb r6, [r12, #1]") TC_LINE("strb r4, [r12], #2") /* stay where y_step is 0 */          \
  TC_LINE("str r12, " TC_AT_Y) TC_LINE("cmp r0, r1") TC_LINE("bne 1b")

/* A tile of two pixels by two channels: what begins it, what else a block loads, and its unrolled steps. */
#define TC_TILE_TWO(begin, load, steps)                                                             \
  begin TC_LINE("1:") TC_LOAD_WEIGHTS("r4") TC_LOAD_WEIGHTS("r6")                                   \
  TC_LINE("ldr r1, " TC_AT_COLUMN) TC_LINE("ldr r11, " TC_AT_COLUMN_END) load                       \
  TC_LINE("ldr r2, " TC_AT_ENTRY) TC_LINE("mov r12, #0x00ff00ff")                                   \
  TC_LINE("mov r5, r4") TC_LINE("mov r7, r6") TC_LINE("bx r2")                                      \
  TC_LINE("2:") steps TC_LINE("cmp r1, r11") TC_LINE("bne 2b") TC_FINISH_TWO

#else

/* m * u + low_byte(m) * v over both halves, modulo 2^32. */
static inline uint32_t tc_tile_dot(uint32_t m, uint32_t u, uint32_t v) {
  uint32_t sum = 0;
  for (int32_t i = 0; i < 32; i += 16) {
    const int32_t half = (int16_t)(uint16_t)(m >> i), low = (int8_t)(uint8_t)(m >> i);
    sum += (uint32_t)(half * (int16_t)(uint16_t)(u >> i)) + (uint32_t)(low * (int16_t)(uint16_t)(v >> i));
  }
  return sum;
}

static inline uint32_t tc_tile_bytes_dot(uint32_t w, uint32_t x) {
  uint32_t sum = 0;
  for (int32_t i = 0; i < 32; i += 8) sum += (uint32_t)((int8_t)(uint8_t)(w >> i) * (int8_t)(uint8_t)(x >> i));
  return sum;
}

static inline int8_t tc_tile_scaled(uint32_t acc, int32_t multiplier, int32_t shift, int32_t zero) {
  const int32_t high = (int32_t)(((int64_t)(int32_t)acc * multiplier) >> 32);
  const int32_t rounded = (int32_t)((uint32_t)high + ((uint32_t)zero << shift));
  return tc_saturate_s8((rounded >> shift) >> 1);
}

/* Any tile of one or two pixels with a column each. */
static inline void tc_tile_columns(const tc_tile_t *tile, int32_t pixels, uint32_t (*step)(uint32_t w, uint32_t x)) {
  const int32_t *w = tile->packed;
  for (int8_t *y = tile->y; w != tile->end; y += 2) {
    uint32_t acc[2][2];
    const uint32_t *column = (const uint32_t *)tile->column;
    for (int32_t i = 0; i < 4; ++i) acc[i / 2][i % 2] = (uint32_t)w[i / 2];
    for (w += 2; column != tile->column_end; ++column)
      for (int32_t c = 0; c < 2; ++c, ++w)
        for (int32_t i = 0; i < pixels; ++i) acc[c][i] += step((uint32_t)*w, column[i * (tile->apart >> 2)]);
    for (int32_t c = 0; c < 2; ++c, w += 2)
      for (int32_t i = 0; i < pixels; ++i) y[i * tile->y_step + c] = tc_tile_scaled(acc[c][i], w[0], w[1], tile->zero);
  }
}

/* Four weights and four activations as v. */
static inline uint32_t tc_tile_step(uint32_t w, uint32_t v) { return tc_tile_dot(w, TC_EVEN_BYTES & ~v, v); }

/* Any tile of one pixel, whose column are the activations themselves. */
static inline void tc_tile_row(const tc_tile_t *tile, int32_t channels) {
  const int32_t *w = tile->packed;
  int8_t *y = tile->y;
  while (w != tile->end) {
    uint32_t acc[8], v;
    for (int32_t c = 0; c < channels; ++c) acc[c] = (uint32_t)*w++;
    for (const int8_t *x = (const int8_t *)tile->column; x != tile->column_end; x += 4) {
      TC_MEMCPY(&v, x, sizeof(v));
      v ^= TC_FLIP_EVEN;
      for (int32_t c = 0; c < channels; ++c) acc[c] += tc_tile_dot((uint32_t)*w++, TC_EVEN_BYTES & ~v, v);
    }
    for (int32_t c = 0; c < channels; ++c, w += 2) *y++ = tc_tile_scaled(acc[c], w[0], w[1], tile->zero);
  }
}

#endif

#endif
