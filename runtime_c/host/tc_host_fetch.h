/* Test harness, not part of deployed code: callbacks that read the weights file from memory.
 *
 * A read is done when it is awaited, as late as is allowed, and its target holds garbage until then. Included
 * where TC_FETCH is defined; needs TC_MODEL_NAME. */
#ifndef TC_HOST_FETCH_H
#define TC_HOST_FETCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TC_FETCH_GARBAGE 0x3C

typedef struct {
    const uint8_t *file;
    size_t size;
    uint32_t offset;
    uint32_t nbytes;
    uint8_t *target;
} tc_host_file_t;

/* -1 for a read outside the file, or while another one is under way. */
static int tc_host_fetch_begin(void *context, uint32_t offset, void *target, uint32_t nbytes) {
    tc_host_file_t *from = (tc_host_file_t *)context;
    if (from->target != NULL || offset > from->size || nbytes > from->size - offset) {
        return -1;
    }
    memset(target, TC_FETCH_GARBAGE, nbytes);
    from->offset = offset;
    from->nbytes = nbytes;
    from->target = (uint8_t *)target;
    return 0;
}

/* -1 when nothing is under way, or when the target was written to meanwhile. */
static int tc_host_fetch_wait(void *context) {
    tc_host_file_t *from = (tc_host_file_t *)context;
    uint32_t i;
    if (from->target == NULL) {
        return -1;
    }
    for (i = 0u; i < from->nbytes; ++i) {
        if (from->target[i] != TC_FETCH_GARBAGE) {
            return -1;
        }
    }
    memcpy(from->target, from->file + from->offset, from->nbytes);
    from->target = NULL;
    return 0;
}

static int tc_host_set_fetch(TC_MODEL_NAME(_t) * net, tc_host_file_t *from) {
    TC_MODEL_NAME(_fetch_t) fetch;
    fetch.begin = tc_host_fetch_begin;
    fetch.wait = tc_host_fetch_wait;
    fetch.context = from;
    return TC_MODEL_NAME(_set_fetch)(net, &fetch);
}

#endif
