"""One kernel at a time on an emulated core: instructions, model cycles, code, stack, beside the peers."""
