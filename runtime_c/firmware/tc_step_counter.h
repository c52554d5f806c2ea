/* Counting by step as the harness sees it: nothing at all in images that only mark their steps. */
#ifndef TC_STEP_COUNTER_H
#define TC_STEP_COUNTER_H

#include <stdint.h>

#ifdef TC_COUNT_STEPS
void tc_count_step(uint32_t step);
void tc_start_counting(void);
const void *tc_step_counts(void);
#define TC_STEP_COUNT_BYTES (12u * (TC_COUNT_STEPS + 1u)) /* three words a step, and for the calibration */
#else
#define tc_count_step(step) ((void)0)
#define tc_start_counting() ((void)0)
#endif

#endif
