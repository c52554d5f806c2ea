/* Firmware for an emulator that calls the model itself: it stops at tc_stop when the model is ready. */
#include "tc_harness.h"

tc_model_t tc_model;
volatile int tc_status;

void tc_stop(void);

__attribute__((noinline)) void tc_stop(void) {
    __asm__ volatile("" ::: "memory");
}

int main(void) {
    tc_status = TC_MODEL_NAME(_init)(&tc_model, TC_PART_ARGUMENTS);
    tc_stop();
    /* Keeps the function in the image; the emulator calls it by its address. */
    return TC_MODEL_NAME(_run)(&tc_model);
}
