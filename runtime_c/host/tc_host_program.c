/* Test harness, not part of deployed code: runs a model under sanitisers.
 *
 * Usage: program IN OUT SAMPLES [WEIGHTS]. IN holds the inputs of all samples one behind the other, OUT gets the
 * outputs. Every part of the arena is a heap block of exactly its size, so that an access outside it is caught.
 * Prints the arena's high-water mark. The build includes the model's header ahead of this file and defines
 *   TC_MODEL              the prefix of the model's symbols
 *   TC_PART_ROWS          a row {start in the arena, bytes} for each part of it
 *   TC_PART_ARGUMENTS     TC_PART_ARGUMENT(index) for each part, with commas between
 *   TC_INPUTS, TC_OUTPUTS rows {part, offset in it, bytes, bytes of a row or 0}
 *   TC_FETCH              only where the model fetches weights, from the file WEIGHTS
 * and for rows what tc_host_rows.h says. Samples whose rows are read also run with rows that are pushed. */

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

#if defined(TC_READ_ROWS) || defined(TC_READ_PATCHES) || defined(TC_TAKEN_ROWS)
#define TC_ROWS
#include "tc_host_rows.h"
#endif

#define TC_PAINT 0xA5
#define TC_PART_ARGUMENT(index) parts[index]

typedef struct {
    uint32_t part;
    uint32_t offset;
    uint32_t nbytes;
    uint32_t row_bytes;
} tc_slot_t;

typedef struct {
    uint32_t start;
    uint32_t nbytes;
} tc_part_t;

/* The last row keeps a table without slots valid C. */
static const tc_slot_t tc_inputs[] = {TC_INPUTS{0u, 0u, 0u, 0u}};
static const tc_slot_t tc_outputs[] = {TC_OUTPUTS{0u, 0u, 0u, 0u}};
static const tc_part_t tc_parts[] = {TC_PART_ROWS{0u, 0u}};

enum { TC_INPUT_COUNT = sizeof(tc_inputs) / sizeof(tc_inputs[0]) - 1 };
enum { TC_OUTPUT_COUNT = sizeof(tc_outputs) / sizeof(tc_outputs[0]) - 1 };
enum { TC_PART_COUNT = sizeof(tc_parts) / sizeof(tc_parts[0]) - 1 };

static uint8_t *parts[TC_PART_COUNT];
static uint8_t *given; /* the inputs of a sample, one behind the other */
static uint8_t *found; /* the outputs likewise */

static int fail(const char *what) {
    fprintf(stderr, "ERROR: %s\n", what);
    return 1;
}

static uint8_t *place_of(const tc_slot_t *slot) {
    return parts[slot->part] + slot->offset;
}

static size_t total(const tc_slot_t *slots, int count) {
    size_t sum = 0u;
    int i;
    for (i = 0; i < count; ++i) {
        sum += slots[i].nbytes;
    }
    return sum;
}

#ifdef TC_ROWS
static tc_host_rows_t rows_of[2];

static void set_rows(tc_host_rows_t *rows, const tc_slot_t *slot, uint8_t *data) {
    rows->data = data;
    rows->row_bytes = slot->row_bytes;
    rows->rows = (int32_t)(slot->nbytes / slot->row_bytes);
    rows->next = 0;
    rows->refused = -1;
}

static int set_callbacks(TC_MODEL_NAME(_t) * net) {
    return tc_host_set_rows(net, &rows_of[0], &rows_of[1]);
}
#else
static int set_callbacks(TC_MODEL_NAME(_t) * net) {
    (void)net;
    return 0;
}
#endif

/* Copies what lies in the arena to (with `out`, from) its place. */
static void move_data(const tc_slot_t *slots, int count, uint8_t *data, int out) {
    int i;
    for (i = 0; i < count; ++i) {
        if (slots[i].row_bytes == 0u) {
            uint8_t *place = place_of(&slots[i]);
            memcpy(out ? data : place, out ? place : data, slots[i].nbytes);
        }
        data += slots[i].nbytes;
    }
}

enum { TC_RUN = -1 };

/* One run, or with `how` other than TC_RUN one in which rows are pushed. */
static int execute(TC_MODEL_NAME(_t) * net, int how) {
    int status;
    move_data(tc_inputs, TC_INPUT_COUNT, given, 0);
#ifdef TC_READ_ROWS
    set_rows(&rows_of[0], &tc_inputs[TC_READ_ROWS], given + total(tc_inputs, TC_READ_ROWS));
#endif
#ifdef TC_READ_PATCHES
    set_rows(&rows_of[0], &tc_inputs[TC_READ_PATCHES], given + total(tc_inputs, TC_READ_PATCHES));
#endif
#ifdef TC_TAKEN_ROWS
    set_rows(&rows_of[1], &tc_outputs[TC_TAKEN_ROWS], found + total(tc_outputs, TC_TAKEN_ROWS));
#endif
#ifdef TC_READ_ROWS
    status = how == TC_RUN ? TC_MODEL_NAME(_run)(net) : tc_host_feed(net, &rows_of[0], how);
#else
    (void)how;
    status = TC_MODEL_NAME(_run)(net);
#endif
    if (status != 0) {
        return fail("the run function returned an error");
    }
    move_data(tc_outputs, TC_OUTPUT_COUNT, found, 1);
    return 0;
}

#ifdef TC_READ_ROWS
static int check_push(TC_MODEL_NAME(_t) * net, size_t out_bytes) {
    uint8_t *first = (uint8_t *)malloc(out_bytes);
    int how;
    int status = first == NULL ? fail("no memory") : 0;
    if (first != NULL) {
        memcpy(first, found, out_bytes);
    }
    for (how = TC_FEED_GIVEN; how <= TC_FEED_IN_TURN && status == 0; ++how) {
        memset(found, 0, out_bytes);
        status = execute(net, how);
        if (status == 0 && memcmp(found, first, out_bytes) != 0) {
            status = fail("rows that are pushed give another result");
        }
    }
    free(first);
    return status;
}
#endif

static int run_sample(TC_MODEL_NAME(_t) * net, FILE *in, FILE *out) {
    const size_t in_bytes = total(tc_inputs, TC_INPUT_COUNT);
    const size_t out_bytes = total(tc_outputs, TC_OUTPUT_COUNT);
    if (fread(given, 1, in_bytes, in) != in_bytes) {
        return fail("the input file ends early");
    }
    if (execute(net, TC_RUN) != 0) {
        return 1;
    }
    if (fwrite(found, 1, out_bytes, out) != out_bytes) {
        return fail("the output file cannot be written");
    }
#ifdef TC_READ_ROWS
    return check_push(net, out_bytes);
#else
    return 0;
#endif
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
    void *place = NULL;
    return posix_memalign(&place, 32u, nbytes) == 0 ? (uint8_t *)place : NULL;
#endif
}

static int make_memory(void) {
    int i;
    for (i = 0; i < TC_PART_COUNT; ++i) {
        parts[i] = block(tc_parts[i].nbytes);
        if (parts[i] == NULL) {
            return fail("no memory");
        }
        memset(parts[i], TC_PAINT, tc_parts[i].nbytes);
    }
    given = (uint8_t *)malloc(total(tc_inputs, TC_INPUT_COUNT) + 1u);
    found = (uint8_t *)malloc(total(tc_outputs, TC_OUTPUT_COUNT) + 1u);
    return given == NULL || found == NULL ? fail("no memory") : 0;
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
    if (make_memory() != 0) {
        return 1;
    }
    if (TC_MODEL_NAME(_init)(&net, TC_PART_ARGUMENTS) != 0 || set_callbacks(&net) != 0) {
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
    free(given);
    free(found);
    return status;
}
