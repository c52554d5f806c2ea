/* What startup, harness and model share in a firmware image. Not part of deployed code.
 *
 * The build includes the model's header ahead of this one and defines
 *   TC_MODEL              the prefix of the model's symbols, e.g. kws
 *   TC_MODEL_ARENA        the model's arena macro, e.g. KWS_ARENA
 *   TC_INPUTS, TC_OUTPUTS rows {offset, bytes}, each followed by a comma
 *   TC_FETCH              only where the model fetches weights */
#ifndef TC_HARNESS_H
#define TC_HARNESS_H

#include <stdint.h>

#define TC_PASTE2(a, b) a##b
#define TC_PASTE(a, b) TC_PASTE2(a, b)
#define TC_MODEL_NAME(suffix) TC_PASTE(TC_MODEL, suffix)

#define TC_REGISTER(address) (*(volatile uint32_t *)(address))

typedef TC_MODEL_NAME(_t) tc_model_t;

typedef struct {
    uint32_t offset;
    uint32_t nbytes;
} tc_slot_t;

extern uint8_t tc_arena[];
extern tc_model_t tc_model;

int main(void);

#endif
