/* What startup, harness and model share in a firmware image. Not part of deployed code.
 *
 * The build includes the model's header ahead of this one and defines
 *   TC_MODEL              the prefix of the model's symbols, e.g. kws
 *   TC_PARTS              TC_PART(index, macro) for each part of the arena, e.g. TC_PART(0, KWS_ARENA)
 *   TC_PART_ARGUMENTS     TC_PART_ARGUMENT(index) for each part, with commas between
 *   TC_INPUTS, TC_OUTPUTS rows {part, offset in it, bytes, bytes of a row or 0}, each followed by a comma
 *   TC_READ_ROWS          the index of the input that is read row by row, where there is one
 *   TC_READ_PATCHES       the index of the input that is read in patches, with TC_PIXEL_BYTES, likewise
 *   TC_TAKEN_ROWS         the index of the output that is taken row by row, likewise
 *   TC_FETCH              only where the model fetches weights */
#ifndef TC_HARNESS_H
#define TC_HARNESS_H

#include <stdint.h>

#define TC_PASTE2(a, b) a##b
#define TC_PASTE(a, b) TC_PASTE2(a, b)
#define TC_MODEL_NAME(suffix) TC_PASTE(TC_MODEL, suffix)

#define TC_UNUSED __attribute__((unused))

#define TC_REGISTER(address) (*(volatile uint32_t *)(address))

typedef TC_MODEL_NAME(_t) tc_model_t;

typedef struct {
    uint32_t part;
    uint32_t offset;
    uint32_t nbytes;
    uint32_t row_bytes; /* of a slot whose rows come or go one at a time, which has no place */
} tc_slot_t;

typedef struct {
    uint8_t *base;
    uint32_t nbytes;
} tc_part_t;

/* The parts of the arena, the last row empty. */
extern const tc_part_t tc_parts[];

#define TC_PART(index, macro) extern uint8_t tc_arena##index[];
TC_PARTS
#undef TC_PART
#define TC_PART_ARGUMENT(index) tc_arena##index

static inline uint8_t *tc_place_of(const tc_slot_t *slot) {
    return tc_parts[slot->part].base + slot->offset;
}

extern tc_model_t tc_model;

/* Each harness has its own. */
#ifdef TC_READ_ROWS
int tc_read_row(void *context, int32_t row, void *data);
#endif
#ifdef TC_READ_PATCHES
int tc_read_patch(void *context, int32_t row, int32_t column, int32_t rows, int32_t columns, void *data);
#endif
#ifdef TC_TAKEN_ROWS
int tc_take_row(void *context, int32_t row, const void *data);
#endif

/* Hands the callbacks for rows to the model, as far as it takes any. */
static inline int tc_set_rows(tc_model_t *net TC_UNUSED) {
    int status = 0;
#ifdef TC_READ_ROWS
    status = TC_MODEL_NAME(_set_reader)(net, tc_read_row, 0);
#endif
#ifdef TC_READ_PATCHES
    status = TC_MODEL_NAME(_set_reader)(net, tc_read_patch, 0);
#endif
#ifdef TC_TAKEN_ROWS
    status = status != 0 ? status : TC_MODEL_NAME(_set_taker)(net, tc_take_row, 0);
#endif
    return status;
}

int main(void);

#endif
