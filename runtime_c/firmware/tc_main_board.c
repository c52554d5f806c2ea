/* Firmware for a real board: runs the model on zeros again and again, at the clock that the chip starts with,
 * and leaves a record in RAM for a debugger to read. */
#include "tc_caches.h"
#include "tc_harness.h"

#define DEMCR TC_REGISTER(0xE000EDFCu)
#define DEMCR_TRACE_ENABLE (1u << 24)
#define DWT_CTRL TC_REGISTER(0xE0001000u)
#define DWT_CYCCNT TC_REGISTER(0xE0001004u)
#define DWT_LAR TC_REGISTER(0xE0001FB0u)
#define DWT_UNLOCK 0xC5ACCE55u

#define TC_RECORD_MAGIC 0x32524354u /* "TCR2" */
#define TC_FNV_START 0x811C9DC5u
#define TC_FNV_PRIME 0x01000193u

/* Read by tinycompile/build/debugger.py. */
typedef struct {
    uint32_t magic; /* set when the first run has finished */
    int32_t status; /* of init if that failed, else of the last run */
    uint32_t runs;
    uint32_t cycles; /* of the last run; 0 where the core has no cycle counter */
    uint32_t rows_hash; /* of the output that leaves row by row, in the last run */
} tc_record_t;

/* The last row keeps a table without slots valid C. */
static const tc_slot_t tc_inputs[] = {TC_INPUTS{0u, 0u, 0u, 0u}};

enum { TC_INPUT_COUNT = sizeof(tc_inputs) / sizeof(tc_inputs[0]) - 1 };

tc_model_t tc_model;
volatile tc_record_t tc_record;

void tc_ran(void);

/* A place for a breakpoint behind each run. */
__attribute__((noinline)) void tc_ran(void) {
    __asm__ volatile("" ::: "memory");
}

static void start_cycle_counter(void) {
#if __ARM_ARCH >= 7
    DEMCR |= DEMCR_TRACE_ENABLE;
    DWT_LAR = DWT_UNLOCK; /* the M7 locks it */
    DWT_CYCCNT = 0u;
    DWT_CTRL |= 1u;
#endif
}

static uint32_t read_cycle_counter(void) {
#if __ARM_ARCH >= 7
    return DWT_CYCCNT;
#else
    return 0u;
#endif
}

static void zero_inputs(void) {
    int i;
    uint32_t at;
    for (i = 0; i < TC_INPUT_COUNT; ++i) {
        if (tc_inputs[i].row_bytes != 0u) {
            continue;
        }
        for (at = 0u; at < tc_inputs[i].nbytes; ++at) {
            tc_place_of(&tc_inputs[i])[at] = 0u;
        }
    }
}

#ifdef TC_READ_ROWS
int tc_read_row(void *context TC_UNUSED, int32_t row TC_UNUSED, void *data) {
    uint32_t at;
    for (at = 0u; at < tc_inputs[TC_READ_ROWS].row_bytes; ++at) {
        ((volatile uint8_t *)data)[at] = 0u;
    }
    return 0;
}
#endif

#ifdef TC_READ_PATCHES
int tc_read_patch(void *context TC_UNUSED, int32_t row TC_UNUSED, int32_t column TC_UNUSED, int32_t rows,
                  int32_t columns, void *data) {
    const uint32_t nbytes = (uint32_t)rows * (uint32_t)columns * TC_PIXEL_BYTES;
    uint32_t at;
    for (at = 0u; at < nbytes; ++at) {
        ((volatile uint8_t *)data)[at] = 0u;
    }
    return 0;
}
#endif

#ifdef TC_TAKEN_ROWS
static const tc_slot_t tc_outputs[] = {TC_OUTPUTS};

/* FNV-1a over all rows of a run: what leaves is nowhere as a whole, but can be compared. */
int tc_take_row(void *context TC_UNUSED, int32_t row, const void *data) {
    uint32_t hash = row == 0 ? TC_FNV_START : tc_record.rows_hash;
    uint32_t at;
    for (at = 0u; at < tc_outputs[TC_TAKEN_ROWS].row_bytes; ++at) {
        hash = (hash ^ ((const uint8_t *)data)[at]) * TC_FNV_PRIME;
    }
    tc_record.rows_hash = hash;
    return 0;
}
#endif

int main(void) {
    int status;
    tc_caches();
    start_cycle_counter();
    status = TC_MODEL_NAME(_init)(&tc_model, TC_PART_ARGUMENTS);
    status = status != 0 ? status : tc_set_rows(&tc_model);
    while (status == 0) {
        uint32_t start;
        zero_inputs();
        start = read_cycle_counter();
        status = TC_MODEL_NAME(_run)(&tc_model);
        tc_record.cycles = read_cycle_counter() - start;
        tc_record.status = status;
        ++tc_record.runs;
        tc_record.magic = TC_RECORD_MAGIC;
        tc_ran();
    }
    tc_record.status = status;
    tc_record.magic = TC_RECORD_MAGIC;
    tc_ran();
    return status;
}
