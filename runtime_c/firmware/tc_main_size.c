/* The least that keeps a model in an image, to measure the size of its code. */
#include "tc_harness.h"

/* The arena itself is not linked. */
#undef TC_PART_ARGUMENT
#define TC_PART_ARGUMENT(index) parts[index]

#ifdef TC_READ_ROWS
int tc_read_row(void *context TC_UNUSED, int32_t row TC_UNUSED, void *data TC_UNUSED) {
    return 0;
}
#endif

#ifdef TC_READ_PATCHES
int tc_read_patch(void *context TC_UNUSED, int32_t row TC_UNUSED, int32_t column TC_UNUSED, int32_t rows TC_UNUSED,
                  int32_t columns TC_UNUSED, void *data TC_UNUSED) {
    return 0;
}
#endif

#ifdef TC_TAKEN_ROWS
int tc_take_row(void *context TC_UNUSED, int32_t row TC_UNUSED, const void *data TC_UNUSED) {
    return 0;
}
#endif

static int set_fetch(tc_model_t *net TC_UNUSED, const void *fetch TC_UNUSED) {
#ifdef TC_FETCH
    return TC_MODEL_NAME(_set_fetch)(net, (const TC_MODEL_NAME(_fetch_t) *)fetch);
#else
    return 0;
#endif
}

void tc_size_entry(tc_model_t *net, void *const *parts, const void *fetch);

void tc_size_entry(tc_model_t *net, void *const *parts, const void *fetch) {
    if (TC_MODEL_NAME(_init)(net, TC_PART_ARGUMENTS) == 0 && tc_set_rows(net) == 0 && set_fetch(net, fetch) == 0) {
        (void)TC_MODEL_NAME(_run)(net);
    }
}
