#ifndef TC_CACHES_H
#define TC_CACHES_H

/* Switches on the instruction and data cache where the core has them; does nothing elsewhere. */
void tc_caches(void);

#endif
