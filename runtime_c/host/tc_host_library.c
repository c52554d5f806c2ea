/* Test harness, not part of deployed code: one context of a model behind two plain functions for ctypes.
 * The build includes the model's header ahead of this file and defines TC_MODEL as its prefix, and
 * TC_PART_ARGUMENTS as one TC_PART_ARGUMENT(index) for each part of the arena. */

#define TC_PASTE2(a, b) a##b
#define TC_PASTE(a, b) TC_PASTE2(a, b)
#define TC_MODEL_NAME(suffix) TC_PASTE(TC_MODEL, suffix)

#ifdef TC_FETCH
#include "tc_host_fetch.h"
#endif

#if defined(_WIN32)
#define TC_EXPORT __declspec(dllexport)
#else
#define TC_EXPORT __attribute__((visibility("default")))
#endif

#define TC_PART_ARGUMENT(index) parts[index]

TC_EXPORT int tc_host_init(void *const *parts);
TC_EXPORT int tc_host_run(void);

static TC_MODEL_NAME(_t) net;

#ifdef TC_FETCH
TC_EXPORT void tc_host_file(const uint8_t *file, size_t size);

static tc_host_file_t weights;

/* The weights file; it must stay where it is. To be called ahead of tc_host_init. */
void tc_host_file(const uint8_t *file, size_t size) {
    memset(&weights, 0, sizeof(weights));
    weights.file = file;
    weights.size = size;
}

static int set_fetch(void) {
    return tc_host_set_fetch(&net, &weights);
}
#else
static int set_fetch(void) {
    return 0;
}
#endif

int tc_host_init(void *const *parts) {
    int status = TC_MODEL_NAME(_init)(&net, TC_PART_ARGUMENTS);
    return status != 0 ? status : set_fetch();
}

int tc_host_run(void) {
    return TC_MODEL_NAME(_run)(&net);
}
