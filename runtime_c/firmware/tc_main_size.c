/* The least that keeps a model in an image, to measure the size of its code. */
#include "tc_harness.h"

void tc_size_entry(tc_model_t *net, void *arena);

void tc_size_entry(tc_model_t *net, void *arena) {
    if (TC_MODEL_NAME(_init)(net, arena) == 0) {
        (void)TC_MODEL_NAME(_run)(net);
    }
}
