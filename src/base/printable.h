/* Text that a terminal shows and does not obey. */
#ifndef GIBBSFLOW_BASE_PRINTABLE_H
#define GIBBSFLOW_BASE_PRINTABLE_H

#include <stddef.h>

/* Copies a UTF-8 text, control characters (C0, DEL and C1) as \xNN, and ends it with NUL; it is cut
 * where `size` bytes are full. 4 strlen(text) + 1 bytes always suffice. Input files are strangers'
 * work: an escape sequence in a key must not reach the terminal of who reads the message. */
void gf_printable(const char *text, char *result, size_t size);

#endif
