/* Firmware for an emulator that calls the model itself: it stops at tc_stop when the model is ready. */
#include "tc_harness.h"

#ifdef TC_FETCH
/* Read and answered by tinycompile/build/emulator_fetch.py. */
typedef struct {
    uint32_t offset;
    uint32_t target;
    uint32_t nbytes;
    int32_t status;
} tc_request_t;
#endif

tc_model_t tc_model;
volatile int tc_status;

void tc_stop(void);

__attribute__((noinline)) void tc_stop(void) {
    __asm__ volatile("" ::: "memory");
}

#ifdef TC_FETCH
/* The emulator is the memory that weights are read from: it stops at these functions, looks at the request and
 * does the transfer, as a DMA controller would. Nothing that the core can address holds the weights. */
volatile tc_request_t tc_request;

void tc_fetch_begun(void);
void tc_fetch_awaited(void);

__attribute__((noinline)) void tc_fetch_begun(void) {
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void tc_fetch_awaited(void) {
    __asm__ volatile("" ::: "memory");
}

static int begin(void *context, uint32_t offset, void *target, uint32_t nbytes) {
    (void)context;
    tc_request.offset = offset;
    tc_request.target = (uint32_t)(uintptr_t)target;
    tc_request.nbytes = nbytes;
    tc_request.status = -1;
    tc_fetch_begun();
    return tc_request.status;
}

static int wait(void *context) {
    (void)context;
    tc_request.status = -1;
    tc_fetch_awaited();
    return tc_request.status;
}

static int init_model(void) {
    TC_MODEL_NAME(_fetch_t) fetch;
    int status = TC_MODEL_NAME(_init)(&tc_model, TC_PART_ARGUMENTS);
    fetch.begin = begin;
    fetch.wait = wait;
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
