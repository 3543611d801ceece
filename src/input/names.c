#include "input/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    const char *name; /* NULL: free */
    size_t length, index;
} entry;

/* Open addressing with linear probing; at most half of the room is taken. */
struct gf_names {
    entry *entries;
    size_t count, room; /* a power of two, or 0 */
};

gf_names *gf_names_create(void) {
    return calloc(1, sizeof(gf_names));
}

void gf_names_free(gf_names *self) {
    if (self != NULL) {
        free(self->entries);
        free(self);
    }
}

/* FNV-1a, its high bits mixed in. */
static size_t hash(const char *name, size_t length) {
    uint64_t h = 0xcbf29ce484222325U;
    for (size_t i = 0; i < length; ++i) {
        h = (h ^ (unsigned char)name[i]) * 0x100000001b3U;
    }
    return (size_t)(h ^ (h >> 32));
}

/* Where the name is, or the free place where it belongs. There is room. */
static entry *place_of(const gf_names *self, const char *name, size_t length) {
    size_t at = hash(name, length) & (self->room - 1);
    while (self->entries[at].name != NULL && (self->entries[at].length != length ||
                                              memcmp(self->entries[at].name, name, length) != 0)) {
        at = (at + 1) & (self->room - 1);
    }
    return &self->entries[at];
}

static bool grow(gf_names *self) {
    gf_names larger = {.count = self->count, .room = self->room > 0 ? 2 * self->room : 64};
    larger.entries = calloc(larger.room, sizeof *larger.entries);
    if (larger.entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < self->room; ++i) {
        const entry *old = &self->entries[i];
        if (old->name != NULL) {
            *place_of(&larger, old->name, old->length) = *old;
        }
    }
    free(self->entries);
    *self = larger;
    return true;
}

size_t gf_names_add(gf_names *self, const char *name, size_t index, bool *exhausted) {
    if (2 * (self->count + 1) > self->room && !grow(self)) {
        *exhausted = true;
        return GF_NO_NAME;
    }
    size_t length = strlen(name);
    entry *place = place_of(self, name, length);
    if (place->name != NULL) {
        return place->index;
    }
    *place = (entry){.name = name, .length = length, .index = index};
    ++self->count;
    return GF_NO_NAME;
}

size_t gf_names_find(const gf_names *self, const char *name, size_t length) {
    if (self->room == 0) {
        return GF_NO_NAME;
    }
    const entry *place = place_of(self, name, length);
    return place->name != NULL ? place->index : GF_NO_NAME;
}
