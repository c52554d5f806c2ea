/* The arena, in a file of its own because the linker script places it by file. */
#include "tc_harness.h"

TC_MODEL_ARENA(tc_arena);
