/* Included ahead of the model's main file in Arm builds: TC_STEP records in a section that is not loaded
 * which address starts which step. It adds no instruction. */
#ifndef TC_STEP_MARKS_H
#define TC_STEP_MARKS_H

#define TC_STEP(index)                                             \
    __asm__ volatile(                                              \
        "1:\n\t"                                                   \
        ".pushsection .tc_steps, \"\", %%progbits\n\t"             \
        ".long 1b, %c0\n\t"                                        \
        ".popsection" ::"i"(index))

#endif
