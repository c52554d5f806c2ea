/* Test harness, not part of deployed code: one context of a model behind plain functions for ctypes.
 * The build includes the model's header ahead of this file and defines TC_MODEL as its prefix, and
 * TC_PART_ARGUMENTS as one TC_PART_ARGUMENT(index) for each part of the arena; for rows see tc_host_rows.h. */

#define TC_PASTE2(a, b) a##b
#define TC_PASTE(a, b) TC_PASTE2(a, b)
#define TC_MODEL_NAME(suffix) TC_PASTE(TC_MODEL, suffix)

#ifdef TC_FETCH
#include "tc_host_fetch.h"
#endif

#if defined(TC_READ_ROWS) || defined(TC_READ_PATCHES) || defined(TC_TAKEN_ROWS)
#define TC_ROWS
#include "tc_host_rows.h"
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
#endif

#ifdef TC_ROWS
TC_EXPORT void tc_host_rows(int taken, uint8_t *data, uint32_t row_bytes, int32_t rows, int32_t refused);

static tc_host_rows_t rows_of[2];

/* Where the rows of the next run come from, or (with `taken`) go to, and the row at which the callback fails. */
void tc_host_rows(int taken, uint8_t *data, uint32_t row_bytes, int32_t rows, int32_t refused) {
    rows_of[taken].data = data;
    rows_of[taken].row_bytes = row_bytes;
    rows_of[taken].rows = rows;
    rows_of[taken].next = 0;
    rows_of[taken].refused = refused;
}
#endif

#ifdef TC_READ_ROWS
TC_EXPORT int tc_host_push(int how);

/* A run by feeding all rows, in one of the ways of tc_host_rows.h. */
int tc_host_push(int how) {
    return tc_host_feed(&net, &rows_of[0], how);
}
#endif

int tc_host_init(void *const *parts) {
    int status = TC_MODEL_NAME(_init)(&net, TC_PART_ARGUMENTS);
#ifdef TC_ROWS
    status = status != 0 ? status : tc_host_set_rows(&net, &rows_of[0], &rows_of[1]);
#endif
#ifdef TC_FETCH
    status = status != 0 ? status : tc_host_set_fetch(&net, &weights);
#endif
    return status;
}

int tc_host_run(void) {
    return TC_MODEL_NAME(_run)(&net);
}
