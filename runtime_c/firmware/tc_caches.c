/* Caches of Cortex-M7 and M55. The core says at run time what it has: an M4 and an M7 look alike to the
 * preprocessor, and the registers read zero where there is no cache. */
#include "tc_caches.h"

#include <stdint.h>

#define TC_REGISTER(address) (*(volatile uint32_t *)(address))
#define SCB_CCR TC_REGISTER(0xE000ED14u)
#define SCB_CLIDR TC_REGISTER(0xE000ED78u)
#define SCB_CCSIDR TC_REGISTER(0xE000ED80u)
#define SCB_CSSELR TC_REGISTER(0xE000ED84u)
#define SCB_ICIALLU TC_REGISTER(0xE000EF50u)
#define SCB_DCISW TC_REGISTER(0xE000EF60u)
#define CLIDR_INSTRUCTION 1u
#define CLIDR_DATA 2u
#define CCR_DATA_CACHE (1u << 16)
#define CCR_INSTRUCTION_CACHE (1u << 17)

#if __ARM_ARCH >= 7

static void barrier(void) {
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void invalidate_data_cache(void) {
    uint32_t shape;
    uint32_t last_set;
    uint32_t last_way;
    uint32_t set;
    uint32_t way;
    SCB_CSSELR = 0u;
    barrier();
    shape = SCB_CCSIDR;
    last_set = (shape >> 13) & 0x7FFFu;
    last_way = (shape >> 3) & 0x3FFu;
    for (set = 0u; set <= last_set; ++set) {
        for (way = 0u; way <= last_way; ++way) {
            /* The way number stands at the top of the word, the set number above the offset in a line. */
            uint32_t top = last_way != 0u ? way << __builtin_clz(last_way) : 0u;
            SCB_DCISW = top | (set << ((shape & 7u) + 4u));
        }
    }
}

void tc_caches(void) {
    uint32_t kinds = SCB_CLIDR;
    if ((kinds & CLIDR_INSTRUCTION) != 0u) {
        barrier();
        SCB_ICIALLU = 0u;
        barrier();
        SCB_CCR |= CCR_INSTRUCTION_CACHE;
        barrier();
    }
    if ((kinds & CLIDR_DATA) != 0u) {
        invalidate_data_cache();
        barrier();
        SCB_CCR |= CCR_DATA_CACHE;
        barrier();
    }
}

#else

void tc_caches(void) {
}

#endif
