/* Included ahead of the model's main file where QEMU counts by step: TC_STEP calls the harness, which reads its
 * timer. Unlike the marks of tc_step_marks.h it adds instructions, which are subtracted again. */
#ifndef TC_STEP_COUNTS_H
#define TC_STEP_COUNTS_H

#include <stdint.h>

void tc_count_step(uint32_t step);

#define TC_STEP(index) tc_count_step(index)
#define TC_DRIVEN(index) tc_count_step(index)

#endif
