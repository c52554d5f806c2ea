/* Hooks for the Unicorn emulator, loaded by the test tools through ctypes; not part of deployed code.
 *
 * All memory belongs to the caller, who fills in a tc_trace_t and passes it as the hooks' user data. The
 * structures here are mirrored field by field in tinycompile/build/hooks.py. */
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define TC_EXPORT __declspec(dllexport)
#else
#define TC_EXPORT __attribute__((visibility("default")))
#endif

enum { TC_MEM_WRITE = 17 }; /* UC_MEM_WRITE */

/* One basic block as executed within one step. */
typedef struct {
    uint64_t address;
    uint64_t count;
    uint64_t taken; /* times that the next block was not the one behind it */
    uint32_t size;  /* bytes; 0 marks a free entry */
    uint32_t step;
} tc_block_t;

typedef struct {
    uint64_t start;
    uint64_t end;
    uint8_t *written;  /* per byte: whether anything was stored there; NULL for memory that is not checked */
    uint64_t *traffic; /* per step: bytes loaded, bytes stored */
} tc_memory_t;

typedef struct {
    uint64_t start;
    uint64_t end;
    uint64_t offset; /* of the first byte in the arena that all parts make up */
} tc_arena_t;

/* Code that drives stages: where it runs, a step becomes its stage's own. */
typedef struct {
    uint64_t start;
    uint64_t end;
} tc_driver_t;

typedef struct {
    uint32_t offset;
    uint32_t size;
    uint32_t step;
    uint32_t is_write;
} tc_access_t;

typedef struct {
    uint64_t count;
    tc_access_t *examples;
    uint32_t kept;
    uint32_t limit;
} tc_findings_t;

typedef struct {
    tc_block_t *blocks; /* hash table with open addressing */
    uint64_t capacity;  /* a power of two */
    uint64_t used;
    tc_block_t *last;
    tc_memory_t *memories;
    uint64_t memory_count;
    tc_arena_t *arenas;
    uint64_t arena_count;
    const tc_driver_t *drivers; /* by address */
    uint64_t driver_count;
    const uint32_t *driven; /* per step: the step that counts what drives it */
    uint32_t driven_count;
    uint32_t unused;
    uint64_t arena_high;
    uint64_t stack_start;
    uint64_t stack_end;
    uint64_t stack_low;
    const uint32_t *range_first; /* per step: its first row in ranges; one entry more than steps */
    const uint32_t *ranges;      /* rows of start and end, as arena offsets */
    uint32_t step_count;
    uint32_t step;
    uint32_t running; /* whether the model's run function is executing */
    uint32_t overflow;
    tc_findings_t out_of_plan;
    tc_findings_t uninitialised; /* offsets are addresses here */
} tc_trace_t;

TC_EXPORT void tc_on_block(void *uc, uint64_t address, uint32_t size, void *user);
TC_EXPORT void tc_on_step(void *uc, uint64_t address, uint32_t size, void *user);
TC_EXPORT void tc_on_memory(void *uc, int type, uint64_t address, int size, int64_t value, void *user);

/* As an access of the program, but by a device beside the core: checked, and not part of the traffic. */
TC_EXPORT void tc_accessed(tc_trace_t *trace, int type, uint64_t address, uint64_t size);

/* The user data of tc_on_step: one per TC_STEP. */
typedef struct {
    tc_trace_t *trace;
    uint64_t step;
} tc_mark_t;

static tc_block_t *find_block(tc_trace_t *trace, uint64_t address, uint32_t size) {
    uint64_t mask = trace->capacity - 1u;
    uint64_t slot = ((address >> 1) * 0x9E3779B97F4A7C15u + trace->step * 0xC2B2AE3D27D4EB4Fu) >> 20;
    for (;; ++slot) {
        tc_block_t *block = &trace->blocks[slot & mask];
        if (block->size == 0u) {
            /* An eighth stays free, so that every search ends. */
            if (trace->used >= trace->capacity - trace->capacity / 8u) {
                trace->overflow = 1u;
                return NULL;
            }
            ++trace->used;
            block->address = address;
            block->size = size;
            block->step = trace->step;
            return block;
        }
        if (block->address == address && block->step == trace->step && block->size == size) {
            return block;
        }
    }
}

static int is_driver(const tc_trace_t *trace, uint64_t address) {
    uint64_t low = 0u;
    uint64_t high = trace->driver_count;
    while (low < high) {
        uint64_t middle = (low + high) / 2u;
        if (address >= trace->drivers[middle].end) {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low < trace->driver_count && address >= trace->drivers[low].start;
}

static void enter(tc_trace_t *trace, uint64_t address) {
    if (trace->step < trace->driven_count && trace->driven[trace->step] != trace->step && is_driver(trace, address)) {
        trace->step = trace->driven[trace->step];
    }
}

void tc_on_block(void *uc, uint64_t address, uint32_t size, void *user) {
    tc_trace_t *trace = (tc_trace_t *)user;
    tc_block_t *block;
    (void)uc;
    if (trace->running == 0u || size == 0u) {
        return;
    }
    /* Straight on behind a step mark lies the call of a kernel; drivers are called, and returned to. */
    if (trace->last == NULL || trace->last->address + trace->last->size != address) {
        if (trace->last != NULL) {
            ++trace->last->taken;
        }
        enter(trace, address);
    }
    block = find_block(trace, address, size);
    if (block != NULL) {
        ++block->count;
    }
    trace->last = block;
}

void tc_on_step(void *uc, uint64_t address, uint32_t size, void *user) {
    const tc_mark_t *mark = (const tc_mark_t *)user;
    (void)uc;
    (void)address;
    (void)size;
    mark->trace->step = (uint32_t)mark->step;
}

static void note(tc_findings_t *findings, uint64_t offset, uint64_t size, uint32_t step, int is_write) {
    ++findings->count;
    if (findings->kept < findings->limit) {
        tc_access_t *access = &findings->examples[findings->kept++];
        access->offset = (uint32_t)offset;
        access->size = (uint32_t)size;
        access->step = step;
        access->is_write = (uint32_t)is_write;
    }
}

static int is_planned(const tc_trace_t *trace, uint64_t start, uint64_t end) {
    uint32_t row;
    if (trace->step >= trace->step_count) {
        return trace->step_count == 0u;
    }
    for (row = trace->range_first[trace->step]; row < trace->range_first[trace->step + 1u]; ++row) {
        if (start >= trace->ranges[2u * row] && end <= trace->ranges[2u * row + 1u]) {
            return 1;
        }
    }
    return 0;
}

static const tc_arena_t *arena_at(const tc_trace_t *trace, uint64_t address, uint64_t end) {
    uint64_t i;
    for (i = 0u; i < trace->arena_count; ++i) {
        if (address < trace->arenas[i].end && end > trace->arenas[i].start) {
            return &trace->arenas[i];
        }
    }
    return NULL;
}

static void on_arena(tc_trace_t *trace, const tc_arena_t *arena, uint64_t address, uint64_t end, int is_write) {
    uint64_t start = address - arena->start + arena->offset;
    uint64_t stop = end - arena->start + arena->offset;
    if (is_write && stop > trace->arena_high) {
        trace->arena_high = stop;
    }
    if (trace->running != 0u && !is_planned(trace, start, stop)) {
        note(&trace->out_of_plan, start, stop - start, trace->step, is_write);
    }
}

static void on_checked(tc_trace_t *trace, const tc_memory_t *ram, uint64_t address, uint64_t end, int is_write) {
    uint64_t at;
    uint64_t missing = 0u;
    for (at = address; at < end && at < ram->end; ++at) {
        if (is_write) {
            ram->written[at - ram->start] = 1u;
        } else if (ram->written[at - ram->start] == 0u) {
            ++missing;
        }
    }
    if (missing != 0u && trace->running != 0u) {
        note(&trace->uninitialised, address, end - address, trace->step, 0);
    }
}

static const tc_memory_t *memory_at(const tc_trace_t *trace, uint64_t address) {
    uint64_t i;
    for (i = 0u; i < trace->memory_count; ++i) {
        if (address >= trace->memories[i].start && address < trace->memories[i].end) {
            return &trace->memories[i];
        }
    }
    return NULL;
}

void tc_accessed(tc_trace_t *trace, int type, uint64_t address, uint64_t size) {
    uint64_t end = address + size;
    const tc_memory_t *memory = memory_at(trace, address);
    const tc_arena_t *arena = arena_at(trace, address, end);
    int is_write = type == TC_MEM_WRITE;
    if (arena != NULL) {
        on_arena(trace, arena, address, end, is_write);
    } else if (address >= trace->stack_start && address < trace->stack_end && trace->running != 0u &&
               address < trace->stack_low) {
        trace->stack_low = address;
    }
    if (memory != NULL && memory->written != NULL) {
        on_checked(trace, memory, address, end, is_write);
    }
}

void tc_on_memory(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
    tc_trace_t *trace = (tc_trace_t *)user;
    const tc_memory_t *memory = memory_at(trace, address);
    (void)uc;
    (void)value;
    if (memory != NULL && trace->running != 0u && trace->step < trace->driven_count) {
        memory->traffic[2u * trace->step + (type == TC_MEM_WRITE ? 1u : 0u)] += (uint64_t)size;
    }
    tc_accessed(trace, type, address, (uint64_t)size);
}
