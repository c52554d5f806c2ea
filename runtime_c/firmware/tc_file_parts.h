/* The callbacks of tc_main_files.c for images that come and go in parts, straight from and to its files. Not part of
 * deployed code. */
#ifndef TC_FILE_PARTS_H
#define TC_FILE_PARTS_H

#if defined(TC_READ_ROWS) || defined(TC_READ_PATCHES)
static int read_part(int index, uint32_t at, void *data, uint32_t nbytes) {
    seek(in, in_start + bytes_before(tc_inputs, index) + at);
    return transfer(SYS_READ, in, data, nbytes) == 0u ? 0 : -1;
}
#endif

#ifdef TC_READ_ROWS
int tc_read_row(void *context TC_UNUSED, int32_t row, void *data) {
    const uint32_t row_bytes = tc_inputs[TC_READ_ROWS].row_bytes;
    return read_part(TC_READ_ROWS, (uint32_t)row * row_bytes, data, row_bytes);
}
#endif

#ifdef TC_READ_PATCHES
int tc_read_patch(void *context TC_UNUSED, int32_t row, int32_t column, int32_t rows, int32_t columns, void *data) {
    const uint32_t row_bytes = tc_inputs[TC_READ_PATCHES].row_bytes, nbytes = (uint32_t)columns * TC_PIXEL_BYTES;
    uint32_t at = (uint32_t)row * row_bytes + (uint32_t)column * TC_PIXEL_BYTES;
    uint8_t *to = (uint8_t *)data;
    int status = 0;
    for (; rows > 0 && status == 0; --rows, at += row_bytes, to += nbytes) {
        status = read_part(TC_READ_PATCHES, at, to, nbytes);
    }
    return status;
}
#endif

#ifdef TC_TAKEN_ROWS
int tc_take_row(void *context TC_UNUSED, int32_t row, const void *data) {
    const tc_slot_t *slot = &tc_outputs[TC_TAKEN_ROWS];
    seek(out, out_start + bytes_before(tc_outputs, TC_TAKEN_ROWS) + (uint32_t)row * slot->row_bytes);
    return transfer(SYS_WRITE, out, data, slot->row_bytes) == 0u ? 0 : -1;
}
#endif

#endif
