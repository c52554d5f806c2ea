/* The least that keeps a model in an image, to measure the size of its code. */
#include "tc_harness.h"

/* The arena itself is not linked. */
#undef TC_PART_ARGUMENT
#define TC_PART_ARGUMENT(index) parts[index]

#ifdef TC_FETCH
typedef TC_MODEL_NAME(_fetch_t) tc_fetch_t;

static int set_fetch(tc_model_t *net, const void *fetch) {
    return TC_MODEL_NAME(_set_fetch)(net, (const tc_fetch_t *)fetch);
}
#else
static int set_fetch(tc_model_t *net, const void *fetch) {
    (void)net;
    (void)fetch;
    return 0;
}
#endif

void tc_size_entry(tc_model_t *net, void *const *parts, const void *fetch);

void tc_size_entry(tc_model_t *net, void *const *parts, const void *fetch) {
    if (TC_MODEL_NAME(_init)(net, TC_PART_ARGUMENTS) == 0 && set_fetch(net, fetch) == 0) {
        (void)TC_MODEL_NAME(_run)(net);
    }
}
