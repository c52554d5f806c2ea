/* Vector table and reset code for every Cortex-M. */
#include <stdint.h>

#define TC_CPACR (*(volatile uint32_t *)0xE000ED88u)
#define TC_CP10_CP11_FULL (0xFu << 20)

typedef void (*tc_handler_t)(void);

extern uint32_t tc_stack_top;
extern uint32_t tc_data_start;
extern uint32_t tc_data_end;
extern uint32_t tc_data_load;
extern uint32_t tc_bss_start;
extern uint32_t tc_bss_end;

int main(void);
void Reset_Handler(void);
void tc_unexpected(void);
void HardFault_Handler(void) __attribute__((weak, alias("tc_unexpected")));
void SysTick_Handler(void) __attribute__((weak, alias("tc_unexpected")));

/* The core's own exceptions. No peripheral interrupt is ever enabled, so their vectors are left out. */
__attribute__((section(".tc_vectors"), used)) static const tc_handler_t tc_vectors[16] = {
    (tc_handler_t)(uintptr_t)&tc_stack_top,
    Reset_Handler,
    tc_unexpected,     /* NMI */
    HardFault_Handler, /* and every configurable fault, which are not enabled */
    tc_unexpected,
    tc_unexpected,
    tc_unexpected,
    tc_unexpected,
    tc_unexpected,
    tc_unexpected,
    tc_unexpected,
    tc_unexpected, /* SVCall */
    tc_unexpected,
    tc_unexpected,
    tc_unexpected, /* PendSV */
    SysTick_Handler,
};

void tc_unexpected(void) {
    for (;;) {
    }
}

static void enable_fpu(void) {
    /* Unicorn's FPU is always on, and the system control space is no memory of the board. */
#if defined(__ARM_FP) && !defined(TC_NO_SYSTEM_REGISTERS)
    TC_CPACR |= TC_CP10_CP11_FULL;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
}

/* TC_ENABLES: rows {register, bits to set} for the memories that need it, each followed by a comma. */
static void enable_memories(void) {
#if defined(TC_ENABLES) && !defined(TC_NO_SYSTEM_REGISTERS)
    static const struct {
        uint32_t address;
        uint32_t mask;
    } enables[] = {TC_ENABLES};
    uint32_t i;
    for (i = 0u; i < sizeof(enables) / sizeof(enables[0]); ++i) {
        volatile uint32_t *bits = (volatile uint32_t *)enables[i].address;
        *bits |= enables[i].mask;
        (void)*bits; /* the clock runs when the write has arrived */
    }
#endif
}

void Reset_Handler(void) {
    /* Volatile keeps the compiler from turning the loops into calls of memcpy and memset. */
    volatile uint32_t *to;
    const volatile uint32_t *from = &tc_data_load;
    enable_fpu();
    enable_memories();
    for (to = &tc_data_start; to < &tc_data_end; ++to) {
        *to = *from++;
    }
    for (to = &tc_bss_start; to < &tc_bss_end; ++to) {
        *to = 0u;
    }
    (void)main();
    for (;;) {
    }
}
