/* Firmware for an emulator that calls the model itself: it stops at tc_stop when the model is ready. */
#include "tc_harness.h"

tc_model_t tc_model;
volatile int tc_status;

void tc_stop(void);

__attribute__((noinline)) void tc_stop(void) {
    __asm__ volatile("" ::: "memory");
}

/* The emulator is the camera and the display: it stops here, moves the row and sets the result. Nothing that the
 * core can address holds the image. Read and answered by tinycompile/build/emulator_rows.py. */
#ifdef TC_READ_ROWS
__attribute__((naked, noinline)) int tc_read_row(void *context TC_UNUSED, int32_t row TC_UNUSED,
                                                 void *data TC_UNUSED) {
    __asm__ volatile("bx lr");
}
#endif

#ifdef TC_TAKEN_ROWS
__attribute__((naked, noinline)) int tc_take_row(void *context TC_UNUSED, int32_t row TC_UNUSED,
                                                 const void *data TC_UNUSED) {
    __asm__ volatile("bx lr");
}
#endif

int main(void) {
    tc_status = TC_MODEL_NAME(_init)(&tc_model, TC_PART_ARGUMENTS);
    tc_status = tc_status != 0 ? tc_status : tc_set_rows(&tc_model);
    tc_stop();
    /* Keeps the function in the image; the emulator calls it by its address. */
    return TC_MODEL_NAME(_run)(&tc_model);
}
