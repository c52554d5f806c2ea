/* The least that keeps a model in an image, to measure the size of its code. */
#include "tc_harness.h"

/* The arena itself is not linked. */
#undef TC_PART_ARGUMENT
#define TC_PART_ARGUMENT(index) parts[index]

void tc_size_entry(tc_model_t *net, void *const *parts);

void tc_size_entry(tc_model_t *net, void *const *parts) {
    if (TC_MODEL_NAME(_init)(net, TC_PART_ARGUMENTS) == 0) {
        (void)TC_MODEL_NAME(_run)(net);
    }
}
