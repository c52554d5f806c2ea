/* A hand-written stand-in for a generated model: two steps over one arena. */
#ifndef DEMO_H
#define DEMO_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DEMO_ARENA_BYTES 48u
#define DEMO_ARENA_ALIGN 16u
#define DEMO_ARENA(name) uint8_t name[DEMO_ARENA_BYTES] __attribute__((aligned(16)))

#define DEMO_NUM_INPUTS 1
#define DEMO_NUM_OUTPUTS 1
#define DEMO_IN0_OFFSET 0u
#define DEMO_IN0_BYTES 16u
#define DEMO_OUT0_OFFSET 32u
#define DEMO_OUT0_BYTES 8u

typedef struct {
    uint8_t *arena;
} demo_t;

enum { DEMO_OK = 0, DEMO_BAD_ARENA = 1 };

int demo_init(demo_t *net, void *arena);
int demo_run(demo_t *net);
int8_t *demo_input(demo_t *net, int index);
int8_t *demo_output(demo_t *net, int index);

#ifdef __cplusplus
}
#endif

#endif
