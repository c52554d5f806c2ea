/* Test harness, not part of deployed code: runs a model under sanitisers.
 *
 * Usage: program IN OUT SAMPLES [WEIGHTS]. IN holds the inputs of all samples one behind the other, OUT gets the
 * outputs. The arena is a heap block of exactly its size, so that an access outside it is caught. Prints the
 * arena's high-water mark. The build includes the model's header ahead of this file and defines TC_MODEL,
 * TC_MODEL_ARENA_BYTES, TC_INPUTS and TC_OUTPUTS, and TC_FETCH where the model fetches weights from a file. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TC_PASTE2(a, b) a##b
#define TC_PASTE(a, b) TC_PASTE2(a, b)
#define TC_MODEL_NAME(suffix) TC_PASTE(TC_MODEL, suffix)

#ifdef TC_FETCH
#include "tc_host_fetch.h"
#define TC_ARGUMENTS 5
#else
#define TC_ARGUMENTS 4
#endif

#define TC_PAINT 0xA5

typedef struct {
    uint32_t offset;
    uint32_t nbytes;
} tc_slot_t;

/* The last row keeps a table without slots valid C. */
static const tc_slot_t tc_inputs[] = {TC_INPUTS{0u, 0u}};
static const tc_slot_t tc_outputs[] = {TC_OUTPUTS{0u, 0u}};

enum { TC_INPUT_COUNT = sizeof(tc_inputs) / sizeof(tc_inputs[0]) - 1 };
enum { TC_OUTPUT_COUNT = sizeof(tc_outputs) / sizeof(tc_outputs[0]) - 1 };

static int fail(const char *what) {
    fprintf(stderr, "ERROR: %s\n", what);
    return 1;
}

static int run_sample(TC_MODEL_NAME(_t) * net, uint8_t *arena, FILE *in, FILE *out) {
    int i;
    for (i = 0; i < TC_INPUT_COUNT; ++i) {
        if (fread(arena + tc_inputs[i].offset, 1, tc_inputs[i].nbytes, in) != tc_inputs[i].nbytes) {
            return fail("the input file ends early");
        }
    }
    if (TC_MODEL_NAME(_run)(net) != 0) {
        return fail("the run function returned an error");
    }
    for (i = 0; i < TC_OUTPUT_COUNT; ++i) {
        if (fwrite(arena + tc_outputs[i].offset, 1, tc_outputs[i].nbytes, out) != tc_outputs[i].nbytes) {
            return fail("the output file cannot be written");
        }
    }
    return 0;
}

#ifdef TC_FETCH
/* Reads the weights file into a block of exactly its size and hands it to the model. */
static int set_fetch(TC_MODEL_NAME(_t) * net, const char *name, tc_host_file_t *weights) {
    FILE *file = fopen(name, "rb");
    uint8_t *data = NULL;
    long size = -1;
    memset(weights, 0, sizeof(*weights));
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
    }
    if (size > 0 && fseek(file, 0, SEEK_SET) == 0) {
        data = (uint8_t *)malloc((size_t)size);
    }
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size) {
        return fail("the weights file cannot be read");
    }
    fclose(file);
    weights->file = data;
    weights->size = (size_t)size;
    return tc_host_set_fetch(net, weights);
}
#endif

static size_t written_end(const uint8_t *arena) {
    size_t end = TC_MODEL_ARENA_BYTES;
    while (end > 0u && arena[end - 1u] == TC_PAINT) {
        --end;
    }
    return end;
}

int main(int argc, char **argv) {
    TC_MODEL_NAME(_t) net;
    uint8_t *arena;
    FILE *in;
    FILE *out;
    long sample;
    int status = 0;
#ifdef TC_FETCH
    tc_host_file_t weights;
#endif
    if (argc != TC_ARGUMENTS) {
        return fail("usage: program IN OUT SAMPLES [WEIGHTS]");
    }
    arena = (uint8_t *)malloc(TC_MODEL_ARENA_BYTES);
    in = fopen(argv[1], "rb");
    out = fopen(argv[2], "wb");
    if (arena == NULL || in == NULL || out == NULL) {
        return fail("no memory, or a file cannot be opened");
    }
    memset(arena, TC_PAINT, TC_MODEL_ARENA_BYTES);
    if (TC_MODEL_NAME(_init)(&net, arena) != 0) {
        return fail("the init function returned an error");
    }
#ifdef TC_FETCH
    if (set_fetch(&net, argv[4], &weights) != 0) {
        return 1;
    }
#endif
    for (sample = 0; sample < atol(argv[3]) && status == 0; ++sample) {
        status = run_sample(&net, arena, in, out);
    }
    printf("%lu\n", (unsigned long)written_end(arena));
    fclose(in);
    status = fclose(out) != 0 ? fail("the output file cannot be written") : status;
    free(arena);
    return status;
}
