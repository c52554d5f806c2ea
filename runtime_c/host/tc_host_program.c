/* Test harness, not part of deployed code: runs a model under sanitisers.
 *
 * Usage: program IN OUT SAMPLES [WEIGHTS]. IN holds the inputs of all samples one behind the other, OUT gets the
 * outputs. Every part of the arena is a heap block of exactly its size, so that an access outside it is caught.
 * Prints the arena's high-water mark. The build includes the model's header ahead of this file and defines
 *   TC_MODEL              the prefix of the model's symbols
 *   TC_PART_ROWS          a row {start in the arena, bytes} for each part of it
 *   TC_PART_ARGUMENTS     TC_PART_ARGUMENT(index) for each part, with commas between
 *   TC_INPUTS, TC_OUTPUTS rows {part, offset in it, bytes}
 *   TC_FETCH              only where the model fetches weights, from the file WEIGHTS */

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
#define TC_PART_ARGUMENT(index) parts[index]

typedef struct {
    uint32_t part;
    uint32_t offset;
    uint32_t nbytes;
} tc_slot_t;

typedef struct {
    uint32_t start;
    uint32_t nbytes;
} tc_part_t;

/* The last row keeps a table without slots valid C. */
static const tc_slot_t tc_inputs[] = {TC_INPUTS{0u, 0u, 0u}};
static const tc_slot_t tc_outputs[] = {TC_OUTPUTS{0u, 0u, 0u}};
static const tc_part_t tc_parts[] = {TC_PART_ROWS{0u, 0u}};

enum { TC_INPUT_COUNT = sizeof(tc_inputs) / sizeof(tc_inputs[0]) - 1 };
enum { TC_OUTPUT_COUNT = sizeof(tc_outputs) / sizeof(tc_outputs[0]) - 1 };
enum { TC_PART_COUNT = sizeof(tc_parts) / sizeof(tc_parts[0]) - 1 };

static uint8_t *parts[TC_PART_COUNT];

static int fail(const char *what) {
    fprintf(stderr, "ERROR: %s\n", what);
    return 1;
}

static uint8_t *place_of(const tc_slot_t *slot) {
    return parts[slot->part] + slot->offset;
}

static int run_sample(TC_MODEL_NAME(_t) * net, FILE *in, FILE *out) {
    int i;
    for (i = 0; i < TC_INPUT_COUNT; ++i) {
        if (fread(place_of(&tc_inputs[i]), 1, tc_inputs[i].nbytes, in) != tc_inputs[i].nbytes) {
            return fail("the input file ends early");
        }
    }
    if (TC_MODEL_NAME(_run)(net) != 0) {
        return fail("the run function returned an error");
    }
    for (i = 0; i < TC_OUTPUT_COUNT; ++i) {
        if (fwrite(place_of(&tc_outputs[i]), 1, tc_outputs[i].nbytes, out) != tc_outputs[i].nbytes) {
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

static size_t written_end(void) {
    int i;
    for (i = TC_PART_COUNT - 1; i >= 0; --i) {
        size_t end = tc_parts[i].nbytes;
        while (end > 0u && parts[i][end - 1u] == TC_PAINT) {
            --end;
        }
        if (end > 0u) {
            return tc_parts[i].start + end;
        }
    }
    return 0u;
}

/* Aligned as the arena of a model that fetches weights must be. */
static uint8_t *block(size_t nbytes) {
#if defined(_WIN32)
    return (uint8_t *)malloc(nbytes);
#else
    void *found = NULL;
    return posix_memalign(&found, 32u, nbytes) == 0 ? (uint8_t *)found : NULL;
#endif
}

static int make_parts(void) {
    int i;
    for (i = 0; i < TC_PART_COUNT; ++i) {
        parts[i] = block(tc_parts[i].nbytes);
        if (parts[i] == NULL) {
            return fail("no memory");
        }
        memset(parts[i], TC_PAINT, tc_parts[i].nbytes);
    }
    return 0;
}

int main(int argc, char **argv) {
    TC_MODEL_NAME(_t) net;
    FILE *in;
    FILE *out;
    long sample;
    int i;
    int status = 0;
#ifdef TC_FETCH
    tc_host_file_t weights;
#endif
    if (argc != TC_ARGUMENTS) {
        return fail("usage: program IN OUT SAMPLES [WEIGHTS]");
    }
    in = fopen(argv[1], "rb");
    out = fopen(argv[2], "wb");
    if (in == NULL || out == NULL) {
        return fail("a file cannot be opened");
    }
    if (make_parts() != 0) {
        return 1;
    }
    if (TC_MODEL_NAME(_init)(&net, TC_PART_ARGUMENTS) != 0) {
        return fail("the init function returned an error");
    }
#ifdef TC_FETCH
    if (set_fetch(&net, argv[4], &weights) != 0) {
        return 1;
    }
#endif
    for (sample = 0; sample < atol(argv[3]) && status == 0; ++sample) {
        status = run_sample(&net, in, out);
    }
    printf("%lu\n", (unsigned long)written_end());
    fclose(in);
    status = fclose(out) != 0 ? fail("the output file cannot be written") : status;
    for (i = 0; i < TC_PART_COUNT; ++i) {
        free(parts[i]);
    }
    return status;
}
