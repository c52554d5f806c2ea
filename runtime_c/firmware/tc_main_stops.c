/* Firmware for an emulator that calls the model itself: it stops at tc_stop when the model is ready. */
#include "tc_harness.h"

tc_model_t tc_model;
volatile int tc_status;

void tc_stop(void);

__attribute__((noinline)) void tc_stop(void) {
    __asm__ volatile("" ::: "memory");
}

#ifdef TC_FETCH
#define TC_UNUSED_ARGUMENT __attribute__((unused))

/* The emulator is the memory that weights are read from: it stops at these functions, does the transfer as a DMA
 * controller would, and sets the result. Nothing that the core can address holds the weights. They take no RAM.
 * Answered by tinycompile/build/emulator_fetch.py. */
int tc_fetch_begin(void *context, uint32_t offset, void *target, uint32_t nbytes);
int tc_fetch_wait(void *context);

__attribute__((naked, noinline)) int tc_fetch_begin(void *context TC_UNUSED_ARGUMENT,
                                                    uint32_t offset TC_UNUSED_ARGUMENT,
                                                    void *target TC_UNUSED_ARGUMENT,
                                                    uint32_t nbytes TC_UNUSED_ARGUMENT) {
    __asm__ volatile("bx lr");
}

__attribute__((naked, noinline)) int tc_fetch_wait(void *context TC_UNUSED_ARGUMENT) {
    __asm__ volatile("bx lr");
}

static int init_model(void) {
    TC_MODEL_NAME(_fetch_t) fetch;
    int status = TC_MODEL_NAME(_init)(&tc_model, TC_PART_ARGUMENTS);
    fetch.begin = tc_fetch_begin;
    fetch.wait = tc_fetch_wait;
    fetch.context = NULL;
    return status != 0 ? status : TC_MODEL_NAME(_set_fetch)(&tc_model, &fetch);
}
#else
static int init_model(void) {
    return TC_MODEL_NAME(_init)(&tc_model, TC_PART_ARGUMENTS);
}
#endif

int main(void) {
    tc_status = init_model();
    tc_stop();
    /* Keeps the function in the image; the emulator calls it by its address. */
    return TC_MODEL_NAME(_run)(&tc_model);
}
