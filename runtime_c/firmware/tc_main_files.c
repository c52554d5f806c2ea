/* Firmware for QEMU: samples come from a file on the computer and outputs go to one, through semihosting.
 *
 * in.bin      two words: number of samples, whether to measure; then the inputs of every sample
 * out.bin     the outputs of every sample
 * weights.bin the weights file of a model that fetches weights
 * record.bin  one tc_record_t, written when everything else is done or when the program faults
 * steps.bin   the counts of tc_step_counter.c, where steps are counted
 *
 * When measuring, the first sample runs once more ahead of the others to find the stack's high-water mark,
 * because the interrupt that counts timer wraps also uses the stack. */
#include "tc_harness.h"
#include "tc_step_counter.h"

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0A,
    SYS_EXIT_EXTENDED = 0x20,
    OPEN_READ_BINARY = 1,
    OPEN_WRITE_BINARY = 5,
    HEADER_BYTES = 8
};

#define TC_APPLICATION_EXIT 0x20026u
#define TC_PAINT 0xA5A5A5A5u
#define TC_PAINT_BYTE 0xA5u

#define SYST_CSR TC_REGISTER(0xE000E010u)
#define SYST_RVR TC_REGISTER(0xE000E014u)
#define SYST_CVR TC_REGISTER(0xE000E018u)
#define SYST_ENABLE 1u
#define SYST_INTERRUPT 2u
#define SYST_CORE_CLOCK 4u
#define SCB_CFSR TC_REGISTER(0xE000ED28u)
#define SCB_MMFAR TC_REGISTER(0xE000ED34u)
#define SCB_BFAR TC_REGISTER(0xE000ED38u)

enum { TC_DONE = 1, TC_INIT_FAILED = 2, TC_RUN_FAILED = 3, TC_FILE_FAILED = 4, TC_FAULT = 5 };

/* Read by tinycompile/build/qemu.py. Timer values are what the down-counter showed before and after. */
typedef struct {
    uint32_t outcome;
    int32_t status;
    uint32_t samples;
    uint32_t stack_bytes;
    uint32_t arena_end;
    uint32_t empty_before;
    uint32_t empty_after;
    uint32_t run_before;
    uint32_t run_after;
    uint32_t run_wraps;
    uint32_t fault_pc;
    uint32_t fault_status;
    uint32_t fault_address;
} tc_record_t;

/* The last row keeps a table without slots valid C. */
static const tc_slot_t tc_inputs[] = {TC_INPUTS{0u, 0u, 0u, 0u}};
static const tc_slot_t tc_outputs[] = {TC_OUTPUTS{0u, 0u, 0u, 0u}};

enum { TC_INPUT_COUNT = sizeof(tc_inputs) / sizeof(tc_inputs[0]) - 1 };
enum { TC_OUTPUT_COUNT = sizeof(tc_outputs) / sizeof(tc_outputs[0]) - 1 };

extern uint32_t tc_stack_limit;

tc_model_t tc_model;
volatile uint32_t tc_wraps;
static tc_record_t record;

/* The files, and where in them the sample's inputs and outputs begin. */
static uint32_t in, out;
static uint32_t in_start = HEADER_BYTES;
static uint32_t out_start;

void SysTick_Handler(void);
void HardFault_Handler(void);
int tc_empty_call(tc_model_t *net);
void tc_fault(const uint32_t *frame);

static uint32_t semihost(uint32_t operation, const void *block) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uint32_t open_file(const char *name, uint32_t length, uint32_t mode) {
    const uint32_t block[3] = {(uint32_t)name, mode, length};
    return semihost(SYS_OPEN, block);
}

/* Reads or writes all bytes; 0 when that worked. */
static uint32_t transfer(uint32_t operation, uint32_t file, const void *data, uint32_t nbytes) {
    uint32_t block[3];
    block[0] = file;
    block[1] = (uint32_t)data;
    block[2] = nbytes;
    return semihost(operation, block);
}

static void write_file(const char *name, uint32_t length, const void *data, uint32_t nbytes) {
    uint32_t file = open_file(name, length, OPEN_WRITE_BINARY);
    (void)transfer(SYS_WRITE, file, data, nbytes);
    (void)semihost(SYS_CLOSE, &file);
}

static void finish(uint32_t outcome, int32_t status) {
    uint32_t block[2];
    record.outcome = outcome;
    record.status = status;
    write_file("record.bin", 10u, &record, sizeof(record));
    block[0] = TC_APPLICATION_EXIT;
    block[1] = 0u;
    (void)semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

/* Five instructions, which the count subtracts for every wrap. */
__attribute__((naked)) void SysTick_Handler(void) {
    __asm__ volatile(
        ".syntax unified\n\t"
        "ldr r0, 1f\n\t"
        "ldr r1, [r0]\n\t"
        "adds r1, #1\n\t"
        "str r1, [r0]\n\t"
        "bx lr\n\t"
        ".balign 4\n"
        "1: .word tc_wraps");
}

__attribute__((naked)) void HardFault_Handler(void) {
    __asm__ volatile("mov r0, sp\n\tbl tc_fault");
}

__attribute__((used)) void tc_fault(const uint32_t *frame) {
    record.fault_pc = frame[6];
#if __ARM_ARCH >= 7
    record.fault_status = SCB_CFSR;
    record.fault_address = (record.fault_status & 0x80u) != 0u ? SCB_MMFAR : SCB_BFAR;
#endif
    finish(TC_FAULT, 0);
}

__attribute__((naked)) int tc_empty_call(tc_model_t *net __attribute__((unused))) {
    __asm__ volatile("bx lr");
}

/* One call under the timer; the same instructions surround the empty call and the model's. */
__attribute__((noinline)) static int timed(int (*function)(tc_model_t *), uint32_t *before, uint32_t *after) {
    int status;
    tc_wraps = 0u;
    SYST_CSR = SYST_CORE_CLOCK;
    SYST_RVR = 0xFFFFFFu;
    SYST_CVR = 0u;
    SYST_CSR = SYST_CORE_CLOCK | SYST_INTERRUPT | SYST_ENABLE;
    *before = SYST_CVR;
    tc_start_counting();
    status = function(&tc_model);
    tc_count_step(0u);
    SYST_CSR = SYST_CORE_CLOCK; /* QEMU rescales the count when the clock source changes with the stop */
    *after = SYST_CVR;
    return status;
}

__attribute__((noinline)) static int run_on_painted_stack(void) {
    volatile uint32_t *at;
    volatile uint32_t *pointer;
    int status;
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
    for (at = &tc_stack_limit; at < pointer; ++at) {
        *at = TC_PAINT;
    }
    status = TC_MODEL_NAME(_run)(&tc_model);
    for (at = &tc_stack_limit; at < pointer && *at == TC_PAINT; ++at) {
    }
    record.stack_bytes = (uint32_t)((const volatile uint8_t *)pointer - (const volatile uint8_t *)at);
    return status;
}

#ifdef TC_FETCH
static uint32_t weights;

/* Does all of the work, so that there is nothing to wait for. */
static int read_weights(void *context, uint32_t offset, void *target, uint32_t nbytes) {
    uint32_t seek[2];
    seek[0] = *(const uint32_t *)context;
    seek[1] = offset;
    if (semihost(SYS_SEEK, seek) != 0u) {
        return -1;
    }
    return transfer(SYS_READ, seek[0], target, nbytes) == 0u ? 0 : -1;
}

static int set_fetch(void) {
    TC_MODEL_NAME(_fetch_t) fetch;
    fetch.begin = read_weights;
    fetch.wait = NULL;
    fetch.context = &weights;
    return TC_MODEL_NAME(_set_fetch)(&tc_model, &fetch);
}
#else
static int set_fetch(void) {
    return 0;
}
#endif

static void init_model(void) {
    const tc_part_t *part;
    uint32_t i;
    int status;
    for (part = tc_parts; part->base != 0; ++part) {
        for (i = 0u; i < part->nbytes; ++i) {
            part->base[i] = TC_PAINT_BYTE;
        }
    }
    status = TC_MODEL_NAME(_init)(&tc_model, TC_PART_ARGUMENTS);
    status = status != 0 ? status : tc_set_rows(&tc_model);
    status = status != 0 ? status : set_fetch();
    if (status != 0) {
        finish(TC_INIT_FAILED, status);
    }
}

static void seek(uint32_t file, uint32_t position) {
    uint32_t block[2];
    block[0] = file;
    block[1] = position;
    if (semihost(SYS_SEEK, block) != 0u) {
        finish(TC_FILE_FAILED, -1);
    }
}

/* Bytes of the slots before one, which lie ahead of it in the files. */
static uint32_t bytes_before(const tc_slot_t *slots, int index) {
    uint32_t sum = 0u;
    int i;
    for (i = 0; i < index; ++i) {
        sum += slots[i].nbytes;
    }
    return sum;
}

/* Moves what lies in the arena; rows go between the same files while the model runs. */
static void transfer_slots(uint32_t operation, uint32_t file, uint32_t start, const tc_slot_t *slots, int count) {
    int i;
    for (i = 0; i < count; ++i) {
        if (slots[i].row_bytes == 0u) {
            seek(file, start + bytes_before(slots, i));
            if (transfer(operation, file, tc_place_of(&slots[i]), slots[i].nbytes) != 0u) {
                finish(TC_FILE_FAILED, i);
            }
        }
    }
}

static void read_inputs(void) {
    transfer_slots(SYS_READ, in, in_start, tc_inputs, TC_INPUT_COUNT);
}

static void write_outputs(void) {
    transfer_slots(SYS_WRITE, out, out_start, tc_outputs, TC_OUTPUT_COUNT);
}

#include "tc_file_parts.h"

static void check_run(int status) {
    if (status != 0) {
        finish(TC_RUN_FAILED, status);
    }
}

/* The end of the highest byte of the arena that was written, all parts one behind the other. */
static uint32_t written_end(void) {
    const tc_part_t *part;
    uint32_t start = 0u, end = 0u;
    for (part = tc_parts; part->base != 0; ++part) {
        uint32_t used = part->nbytes;
        while (used > 0u && part->base[used - 1u] == TC_PAINT_BYTE) {
            --used;
        }
        if (used > 0u) {
            end = start + used;
        }
        start += part->nbytes;
    }
    return end;
}

static void measure(void) {
    read_inputs();
    check_run(run_on_painted_stack());
    record.arena_end = written_end();
    (void)timed(tc_empty_call, &record.empty_before, &record.empty_after);
    init_model();
}

int main(void) {
    uint32_t header[HEADER_BYTES / 4];
    in = open_file("in.bin", 6u, OPEN_READ_BINARY);
    out = open_file("out.bin", 7u, OPEN_WRITE_BINARY);
#ifdef TC_FETCH
    weights = open_file("weights.bin", 11u, OPEN_READ_BINARY);
#endif
    if (transfer(SYS_READ, in, header, HEADER_BYTES) != 0u) {
        finish(TC_FILE_FAILED, -1);
    }
    init_model();
    if (header[1] != 0u) {
        measure();
    }
    for (record.samples = 0u; record.samples < header[0]; ++record.samples) {
        read_inputs();
        if (record.samples == 0u && header[1] != 0u) {
            check_run(timed(TC_MODEL_NAME(_run), &record.run_before, &record.run_after));
            record.run_wraps = tc_wraps;
        } else {
            check_run(TC_MODEL_NAME(_run)(&tc_model));
        }
        write_outputs();
        in_start += bytes_before(tc_inputs, TC_INPUT_COUNT);
        out_start += bytes_before(tc_outputs, TC_OUTPUT_COUNT);
    }
#ifdef TC_COUNT_STEPS
    write_file("steps.bin", 9u, tc_step_counts(), TC_STEP_COUNT_BYTES);
#endif
    (void)semihost(SYS_CLOSE, &out);
    finish(TC_DONE, 0);
    return 0;
}
