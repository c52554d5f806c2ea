/* The parts of the arena. The linker script places each by the name of its section. */
#include "tc_harness.h"

#define TC_PART(index, macro) __attribute__((section(".bss.tc_arena" #index))) macro(tc_arena##index);
TC_PARTS
#undef TC_PART

#define TC_PART(index, macro) {tc_arena##index, macro##_BYTES},
const tc_part_t tc_parts[] = {TC_PARTS{0, 0u}};
