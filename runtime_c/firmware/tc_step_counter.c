/* Counts timer ticks by step, for the harness in tc_main_files.c, which runs the timer. */
#include "tc_step_counter.h"

#ifdef TC_COUNT_STEPS

#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

/* Read by tinycompile/build/qemu.py: how often a step was left, and ticks in it (low and high word). */
typedef struct {
    uint32_t times;
    uint32_t low;
    uint32_t high;
} tc_count_t;

extern volatile uint32_t tc_wraps;

/* The last entry is the calibration. */
static tc_count_t counts[TC_COUNT_STEPS + 1];
static uint32_t counted_step;
static uint32_t counted_wraps;
static uint32_t counted_from;

/* What runs between the two readings of the timer does not count; what runs around them is calibrated. */
__attribute__((noinline)) void tc_count_step(uint32_t step) {
    uint32_t now = SYST_CVR;
    tc_count_t *count = &counts[counted_step];
    uint32_t ticks = ((tc_wraps - counted_wraps) << 24) + counted_from - now;
    ++count->times;
    count->low += ticks;
    count->high += count->low < ticks ? 1u : 0u;
    counted_step = step;
    counted_wraps = tc_wraps;
    counted_from = SYST_CVR;
}

/* The last entry gets the ticks of one pair of calls with nothing between them. */
void tc_start_counting(void) {
    uint32_t i;
    for (i = 0u; i <= TC_COUNT_STEPS; ++i) {
        counts[i].times = 0u;
        counts[i].low = 0u;
        counts[i].high = 0u;
    }
    counted_step = TC_COUNT_STEPS;
    tc_count_step(TC_COUNT_STEPS);
    counts[TC_COUNT_STEPS].low = 0u;
    counts[TC_COUNT_STEPS].high = 0u;
    tc_count_step(TC_COUNT_STEPS);
    counted_step = 0u;
    counted_wraps = tc_wraps;
    counted_from = SYST_CVR;
}

const void *tc_step_counts(void) {
    return counts;
}
#else
typedef int tc_nothing_to_count;
#endif
