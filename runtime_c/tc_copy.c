/* A copy of bytes between places that do not overlap. */
#include "tc_layout.h"

void tc_copy(const void *x, void *y, size_t bytes) { TC_MEMCPY(y, x, bytes); }
