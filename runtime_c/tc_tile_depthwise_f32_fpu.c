/* Three pixels of a depthwise convolution by four channels. */
#include "tc_depthwise_tile_f32.h"
#include "tc_tile_code_f32.h"

#ifdef TC_TILE_F32_ASM

/* The fields before these are those of the other tiles, with `triples` in the place of `length`. */
#define AT_TRIPLES TC_AT_LENGTH
#define AT_SINGLES "[r0, #36]"
#define AT_CHANNEL "[r0, #40]"

/* Four channels of a column to s24 to s27. */
#define COLUMN(r) TC_LINE("add " r ", " r ", r8") TC_LINE("vldmia " r ", {s24-s27}")

/* The column under the tap with the weights s`w0` to s`w3`, for one pixel. */
#define PRODUCTS(s0, s1, s2, s3, w0, w1, w2, w3)                                                             \
  TC_MUL(28, w0, 24) TC_MUL(29, w1, 25) TC_MUL(30, w2, 26) TC_MUL(31, w3, 27)                                \
  TC_FOUR_ADDS(s0, s1, s2, s3, 28, 29, 30, 31)
#define PIXEL_0(w0, w1, w2, w3) PRODUCTS(0, 1, 2, 3, w0, w1, w2, w3)
#define PIXEL_1(w0, w1, w2, w3) PRODUCTS(4, 5, 6, 7, w0, w1, w2, w3)
#define PIXEL_2(w0, w1, w2, w3) PRODUCTS(8, 9, 10, 11, w0, w1, w2, w3)
#define TAP_0(pixel) pixel(12, 13, 14, 15)
#define TAP_1(pixel) pixel(16, 17, 18, 19)
#define TAP_2(pixel) pixel(20, 21, 22, 23)

#define SUMS "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"

static void block(const tc_depthwise_tile_t *tile) {
  TC_TILE_RUN(
      TC_TILE_START(TC_COPY_FOUR(4, 5, 6, 7) TC_COPY_FOUR(8, 9, 10, 11), "6f")
      TC_LINE("ldr r8, " AT_CHANNEL) TC_LINE("ldr r10, " AT_TRIPLES)
      TC_LINE("1:")
      TC_LINE("movs r9, r10") TC_LINE("beq 3f")
      TC_LINE("2:")
      TC_LINE("ldmia r5!, {r1-r4, r11}") TC_LINE("vldmia r12!, {s12-s23}")
      COLUMN("r1") TAP_0(PIXEL_0)
      COLUMN("r2") TAP_1(PIXEL_0) TAP_0(PIXEL_1)
      COLUMN("r3") TAP_2(PIXEL_0) TAP_1(PIXEL_1) TAP_0(PIXEL_2)
      COLUMN("r4") TAP_2(PIXEL_1) TAP_1(PIXEL_2)
      COLUMN("r11") TAP_2(PIXEL_2)
      TC_LINE("subs r9, r9, #1") TC_LINE("bne 2b")
      TC_LINE("3:")
      TC_LINE("ldr r9, " AT_SINGLES) TC_LINE("cmp r9, #0") TC_LINE("beq 5f")
      TC_LINE("4:")
      TC_LINE("ldmia r5!, {r1-r3}") TC_LINE("vldmia r12!, {s12-s15}")
      COLUMN("r1") TAP_0(PIXEL_0) COLUMN("r2") TAP_0(PIXEL_1) COLUMN("r3") TAP_0(PIXEL_2)
      TC_LINE("subs r9, r9, #1") TC_LINE("bne 4b")
      TC_LINE("5:")
      TC_LINE("subs r6, r6, #1") TC_LINE("bne 1b")
      TC_LINE("6:")
      TC_UNLESS_LO("7f") TC_RAISE(SUMS) TC_LINE("7:")
      TC_UNLESS_HI("8f") TC_LOWER(SUMS) TC_LINE("8:")
      TC_STORE_FIRST TC_STORE_NEXT("s4-s7") TC_STORE_NEXT("s8-s11"),
      tile);
}

#else

/* Four channels of a column. */
static const float *column(const tc_depthwise_tile_t *tile, const tc_spot_t *spot) {
  const int32_t width = tile->width, at = tile->channel / (int32_t)sizeof(float);
  if (*spot == TC_SPOT_ZEROS) return tile->zeros + at;
  return tile->lines[*spot / width] + *spot % width * tile->channels + at;
}

static void add(float *sums, const float *x, const float *w) {
  for (int32_t c = 0; c < 4; ++c) sums[c] += x[c] * w[c];
}

static void block(const tc_depthwise_tile_t *tile) {
  const float *w = tile->weights;
  const tc_spot_t *spot = tile->spots;
  float sums[4 * TC_DEPTHWISE_PIXELS];
  for (int32_t i = 0; i < 4 * TC_DEPTHWISE_PIXELS; ++i) sums[i] = tile->start[i & 3];
  for (int32_t row = 0; row < tile->rows; ++row) {
    for (int32_t n = 0; n < tile->triples; ++n, w += 4 * TC_DEPTHWISE_TRIPLE)
      for (int32_t i = 0; i < TC_DEPTHWISE_COLUMNS; ++i, ++spot)
        for (int32_t pixel = 0; pixel < TC_DEPTHWISE_PIXELS; ++pixel)
          if (i >= pixel && i < pixel + TC_DEPTHWISE_TRIPLE)
            add(sums + 4 * pixel, column(tile, spot), w + 4 * (i - pixel));
    for (int32_t n = 0; n < tile->singles; ++n, w += 4)
      for (int32_t pixel = 0; pixel < TC_DEPTHWISE_PIXELS; ++pixel, ++spot)
        add(sums + 4 * pixel, column(tile, spot), w);
  }
  for (int32_t i = 0; i < 4 * TC_DEPTHWISE_PIXELS; ++i)
    tile->y[i / 4 * (tile->y_step / (int32_t)sizeof(float)) + i % 4] = tc_clamp_f32(sums[i], tile->lo, tile->hi);
}

#endif

void tc_tile_depthwise_f32_fpu(tc_depthwise_tile_t *tile, int32_t pixels) {
  const float *const start = tile->start, *const weights = tile->weights;
  float *const y = tile->y;
  const int32_t channels = tile->channels, y_step = tile->y_step;
  const bool all = pixels == TC_DEPTHWISE_PIXELS;
  if (!all) tile->y_step = 4 * (int32_t)sizeof(float);
  for (int32_t c = 0, at = 0, done = 0; !done; c = tc_min_s32(c + 4, channels - 4), at += tile->block) {
    float results[4 * TC_DEPTHWISE_PIXELS];
    tile->start = start + at;
    tile->weights = weights + at;
    tile->y = all ? y + c : results;
    tile->channel = c * (int32_t)sizeof(float);
    block(tile);
    for (int32_t i = 0; !all && i < 4 * pixels; ++i) y[i / 4 * channels + c + i % 4] = results[i];
    done = c == channels - 4;
  }
  tile->start = start;
  tile->weights = weights;
  tile->y = y;
  tile->y_step = y_step;
}
