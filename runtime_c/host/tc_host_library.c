/* Test harness, not part of deployed code: one context of a model behind two plain functions for ctypes.
 * The build includes the model's header ahead of this file and defines TC_MODEL as its prefix. */

#define TC_PASTE2(a, b) a##b
#define TC_PASTE(a, b) TC_PASTE2(a, b)
#define TC_MODEL_NAME(suffix) TC_PASTE(TC_MODEL, suffix)

#if defined(_WIN32)
#define TC_EXPORT __declspec(dllexport)
#else
#define TC_EXPORT __attribute__((visibility("default")))
#endif

TC_EXPORT int tc_host_init(void *arena);
TC_EXPORT int tc_host_run(void);

static TC_MODEL_NAME(_t) net;

int tc_host_init(void *arena) {
    return TC_MODEL_NAME(_init)(&net, arena);
}

int tc_host_run(void) {
    return TC_MODEL_NAME(_run)(&net);
}
