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

#ifdef TC_READ_PATCHES
__attribute__((naked, noinline)) int tc_read_patch(void *context TC_UNUSED, int32_t row TC_UNUSED,
                                                   int32_t column TC_UNUSED, int32_t rows TC_UNUSED,
                                                   int32_t columns TC_UNUSED, void *data TC_UNUSED) {
    __asm__ volatile("bx lr");
}
#endif

#ifdef TC_TAKEN_ROWS
__attribute__((naked, noinline)) int tc_take_row(void *context TC_UNUSED, int32_t row TC_UNUSED,
                                                 const void *data TC_UNUSED) {
    __asm__ volatile("bx lr");
}
#endif

/* It is the memory that weights are read from, too, and does the transfer as a DMA controller would. Answered by
 * tinycompile/build/emulator_fetch.py. */
#ifdef TC_FETCH
int tc_fetch_begin(void *context, uint32_t offset, void *target, uint32_t nbytes);
int tc_fetch_wait(void *context);

__attribute__((naked, noinline)) int tc_fetch_begin(void *context TC_UNUSED, uint32_t offset TC_UNUSED,
                                                    void *target TC_UNUSED, uint32_t nbytes TC_UNUSED) {
    __asm__ volatile("bx lr");
}

__attribute__((naked, noinline)) int tc_fetch_wait(void *context TC_UNUSED) {
    __asm__ volatile("bx lr");
}

static int set_fetch(void) {
    TC_MODEL_NAME(_fetch_t) fetch;
    fetch.begin = tc_fetch_begin;
    fetch.wait = tc_fetch_wait;
    fetch.context = NULL;
    return TC_MODEL_NAME(_set_fetch)(&tc_model, &fetch);
}
#else
static int set_fetch(void) {
    return 0;
}
#endif

int main(void) {
    tc_status = TC_MODEL_NAME(_init)(&tc_model, TC_PART_ARGUMENTS);
    tc_status = tc_status != 0 ? tc_status : tc_set_rows(&tc_model);
    tc_status = tc_status != 0 ? tc_status : set_fetch();
    tc_stop();
    /* Keeps the function in the image; the emulator calls it by its address. */
    return TC_MODEL_NAME(_run)(&tc_model);
}
