/* Test harness, not part of deployed code: gives rows or patches out of an image and collects rows. Rows come and go in
 * order and never twice.
 *
 * Included behind the model's header where TC_READ_ROWS, TC_READ_PATCHES or TC_TAKEN_ROWS is defined; needs
 * TC_MODEL_NAME, TC_MORE_ROWS with TC_READ_ROWS, and TC_PIXEL_BYTES with TC_READ_PATCHES. */
#ifndef TC_HOST_ROWS_H
#define TC_HOST_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint8_t *data;
    uint32_t row_bytes;
    int32_t rows;
    int32_t next;    /* the row that has to come or go now; how many patches have come */
    int32_t refused; /* the row (the number of the patch) at which the callback fails; -1 for none */
} tc_host_rows_t;

#if defined(TC_READ_ROWS) || defined(TC_TAKEN_ROWS)
/* -1 where the callback is to fail, or where a row is not the next one. */
static int tc_host_admit(tc_host_rows_t *rows, int32_t row) {
    if (row != rows->next || row >= rows->rows || row == rows->refused) {
        return -1;
    }
    ++rows->next;
    return 0;
}
#endif

#ifdef TC_READ_ROWS
static int tc_host_read_row(void *context, int32_t row, void *data) {
    tc_host_rows_t *from = (tc_host_rows_t *)context;
    if (tc_host_admit(from, row) != 0) {
        return -1;
    }
    memcpy(data, from->data + (size_t)row * from->row_bytes, from->row_bytes);
    return 0;
}

enum { TC_FEED_GIVEN = 0, TC_FEED_IN_PLACE = 1, TC_FEED_IN_TURN = 2 };

/* Pushes all rows; returns the last status. MORE_ROWS with the last row, or OK before it, becomes -1. */
static int tc_host_feed(TC_MODEL_NAME(_t) * net, const tc_host_rows_t *from, int how) {
    int32_t row;
    int status = TC_MORE_ROWS;
    for (row = 0; row < from->rows; ++row) {
        const uint8_t *data = from->data + (size_t)row * from->row_bytes;
        const int in_place = how == TC_FEED_IN_TURN ? row % 2 : how;
        void *slot = in_place ? TC_MODEL_NAME(_next_row)(net) : NULL;
        if (status != TC_MORE_ROWS) {
            return status == 0 ? -1 : status;
        }
        if (slot != NULL) {
            memcpy(slot, data, from->row_bytes);
            data = NULL;
        }
        status = TC_MODEL_NAME(_feed_row)(net, data);
    }
    return status == TC_MORE_ROWS ? -1 : status;
}
#endif

#ifdef TC_READ_PATCHES
static int tc_host_read_patch(void *context, int32_t row, int32_t column, int32_t rows, int32_t columns, void *data) {
    tc_host_rows_t *from = (tc_host_rows_t *)context;
    const size_t nbytes = (size_t)columns * TC_PIXEL_BYTES;
    int32_t at;
    if (row < 0 || rows < 1 || row + rows > from->rows || column < 0 || columns < 1 ||
        (uint32_t)(column + columns) * TC_PIXEL_BYTES > from->row_bytes || from->next++ == from->refused) {
        return -1;
    }
    for (at = 0; at < rows; ++at) {
        const uint8_t *line = from->data + (size_t)(row + at) * from->row_bytes;
        memcpy((uint8_t *)data + (size_t)at * nbytes, line + (size_t)column * TC_PIXEL_BYTES, nbytes);
    }
    return 0;
}
#endif

#ifdef TC_TAKEN_ROWS
static int tc_host_take_row(void *context, int32_t row, const void *data) {
    tc_host_rows_t *to = (tc_host_rows_t *)context;
    if (tc_host_admit(to, row) != 0) {
        return -1;
    }
    memcpy(to->data + (size_t)row * to->row_bytes, data, to->row_bytes);
    return 0;
}
#endif

/* Hands both callbacks to the model, as far as it takes any. */
static int tc_host_set_rows(TC_MODEL_NAME(_t) * net, tc_host_rows_t *read, tc_host_rows_t *taken) {
    int status = 0;
    (void)net;
    (void)read;
    (void)taken;
#ifdef TC_READ_ROWS
    status = TC_MODEL_NAME(_set_reader)(net, tc_host_read_row, read);
#endif
#ifdef TC_READ_PATCHES
    status = TC_MODEL_NAME(_set_reader)(net, tc_host_read_patch, read);
#endif
#ifdef TC_TAKEN_ROWS
    status = status != 0 ? status : TC_MODEL_NAME(_set_taker)(net, tc_host_take_row, taken);
#endif
    return status;
}

#endif
