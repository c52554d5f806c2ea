#include "demo.h"
#include "tc_kernels.h"

extern const int8_t demo_weights[256];
extern const int32_t demo_bias[16];

int demo_init(demo_t *net, void *arena) {
    if (arena == 0 || ((uintptr_t)arena & (DEMO_ARENA_ALIGN - 1u)) != 0u) {
        return DEMO_BAD_ARENA;
    }
    net->arena = (uint8_t *)arena;
    return DEMO_OK;
}

int8_t *demo_input(demo_t *net, int index) {
    return (int8_t *)(net->arena + (index == 0 ? DEMO_IN0_OFFSET : 0u));
}

int8_t *demo_output(demo_t *net, int index) {
    return (int8_t *)(net->arena + (index == 0 ? DEMO_OUT0_OFFSET : 0u));
}

int demo_run(demo_t *net) {
    uint8_t *arena = net->arena;
    TC_STEP(0);
    tc_dense_s8((const int8_t *)arena, demo_weights, demo_bias, (int8_t *)(arena + 16), 16, 16, 0x20000000);
    TC_STEP(1);
    tc_mean_s8((const int8_t *)(arena + 16), (int8_t *)(arena + 32), 8);
    return DEMO_OK;
}
