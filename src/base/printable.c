#include "base/printable.h"

#include <stdio.h>
#include <string.h>

/* The bytes of the control character that `text` starts with; 0 if it does not. */
static size_t control_length(const unsigned char *text) {
    if (text[0] < 0x20 || text[0] == 0x7f) {
        return 1;
    }
    return text[0] == 0xc2 && text[1] >= 0x80 && text[1] < 0xa0 ? 2 : 0; /* U+0080 ... U+009F */
}

void gf_printable(const char *text, char *result, size_t size) {
    const unsigned char *from = (const unsigned char *)text;
    size_t used = 0;
    while (*from != '\0') {
        char piece[8] = {(char)*from};
        size_t control = control_length(from);
        if (control > 0) {
            (void)snprintf(piece, sizeof piece, "\\x%02x", from[control - 1]);
        }
        size_t length = strlen(piece);
        if (used + length >= size) {
            break;
        }
        memcpy(result + used, piece, length);
        used += length;
        from += control > 0 ? control : 1;
    }
    result[used] = '\0';
}
