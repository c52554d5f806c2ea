/* The least that keeps a model in an image, to measure the size of its code. */
#include "tc_harness.h"

#ifdef TC_FETCH
void tc_size_entry(tc_model_t *net, void *arena, const TC_MODEL_NAME(_fetch_t) * fetch);

void tc_size_entry(tc_model_t *net, void *arena, const TC_MODEL_NAME(_fetch_t) * fetch) {
    if (TC_MODEL_NAME(_init)(net, arena) == 0 && TC_MODEL_NAME(_set_fetch)(net, fetch) == 0) {
        (void)TC_MODEL_NAME(_run)(net);
    }
}
#else
void tc_size_entry(tc_model_t *net, void *arena);

void tc_size_entry(tc_model_t *net, void *arena) {
    if (TC_MODEL_NAME(_init)(net, arena) == 0) {
        (void)TC_MODEL_NAME(_run)(net);
    }
}
#endif
