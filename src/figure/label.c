#include "figure/label.h"

#include "gibbsflow/charge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- pieces ---------------------------------------------------------------------------------- */

/* Adds a piece that must not be broken, and how much of it is seen; after what does not fit nothing
 * is added but an ellipsis. */
static void add(gf_label *self, const char *piece, size_t seen) {
    static const char ELLIPSIS[] = "…";
    size_t used = strlen(self->text), length = strlen(piece);
    bool full = used >= sizeof ELLIPSIS - 1 &&
                strcmp(self->text + used - (sizeof ELLIPSIS - 1), ELLIPSIS) == 0;
    if (!full && used + length + sizeof ELLIPSIS > sizeof self->text) {
        piece = ELLIPSIS;
        seen = 1;
    }
    if (!full) {
        (void)strcat(self->text, piece);
        self->length += seen;
    }
}

/* Adds a character of UTF-8, as it is, and returns how many bytes it has. */
static size_t add_character(gf_label *self, const char *text) {
    char piece[8] = "";
    size_t bytes = 1;
    while (bytes < 4 && ((unsigned char)text[bytes] & 0xc0) == 0x80) {
        ++bytes;
    }
    if (*text == '\'') {
        (void)strcpy(piece, "’"); /* the string ends with a straight one */
    } else if ((unsigned char)*text < ' ') {
        (void)strcpy(piece, " ");
    } else {
        (void)snprintf(piece, sizeof piece, "%s%.*s",
                       strchr("_^@&{}~\\", *text) != NULL ? "\\" : "", (int)bytes, text);
    }
    add(self, piece, 1);
    return bytes;
}

static void add_text(gf_label *self, const char *text, size_t bytes) {
    for (size_t at = 0; at < bytes && text[at] != '\0';) {
        at += add_character(self, text + at);
    }
}

static void add_label(gf_label *self, const gf_label *other) {
    add(self, other->text, other->length);
}

gf_label gf_label_text(const char *text) {
    gf_label label = {0};
    add_text(&label, text, strlen(text));
    return label;
}

/* --- symbols --------------------------------------------------------------------------------- */

static const struct {
    const char *name, *letter;
} greek[] = {{"alpha", "α"}, {"beta", "β"},  {"gamma", "γ"},  {"delta", "δ"},  {"epsilon", "ε"},
             {"zeta", "ζ"},  {"eta", "η"},   {"theta", "θ"},  {"kappa", "κ"},  {"lambda", "λ"},
             {"mu", "μ"},    {"nu", "ν"},    {"xi", "ξ"},     {"rho", "ρ"},    {"sigma", "σ"},
             {"tau", "τ"},   {"phi", "φ"},   {"chi", "χ"},    {"psi", "ψ"},    {"omega", "ω"},
             {"Gamma", "Γ"}, {"Delta", "Δ"}, {"Theta", "Θ"},  {"Lambda", "Λ"}, {"Xi", "Ξ"},
             {"Sigma", "Σ"}, {"Phi", "Φ"},   {"Psi", "Ψ"},    {"Omega", "Ω"},  {"pi", "π"},
             {"Pi", "Π"},    {"iota", "ι"},  {"upsilon", "υ"}};

static bool is_word(const char *text, size_t length, const char *word) {
    return strlen(word) == length && strncmp(text, word, length) == 0;
}

/* Greek letters by name, one letter in italics, all else as it is. */
static void add_word(gf_label *self, const char *word, size_t length) {
    for (size_t k = 0; k < sizeof greek / sizeof *greek; ++k) {
        if (is_word(word, length, greek[k].name)) {
            add(self, greek[k].letter, 1);
            return;
        }
    }
    if (length == 1 && isalpha((unsigned char)*word)) {
        char piece[32];
        (void)snprintf(piece, sizeof piece, "{/:Italic %c}", *word);
        add(self, piece, 1);
        return;
    }
    add_text(self, word, length);
}

static bool is_identifier(const char *name) {
    bool good = isalpha((unsigned char)*name);
    for (const char *c = name; *c != '\0'; ++c) {
        good = good && (isalnum((unsigned char)*c) || *c == '_');
    }
    return good;
}

/* The words of a subscript, which `_` divides. */
static void add_subscript(gf_label *self, const char *text) {
    bool first = true;
    add(self, "_{", 0);
    while (*text != '\0') {
        size_t length = strcspn(text, "_");
        if (length > 0) {
            add(self, first ? "" : " ", first ? 0 : 1);
            add_word(self, text, length);
            first = false;
        }
        text += length + (text[length] == '_' ? 1 : 0);
    }
    add(self, "}", 0);
}

gf_label gf_label_symbol(const char *name) {
    enum { LONGEST = 40 };
    gf_label label = {0};
    if (!is_identifier(name) || strlen(name) > LONGEST) {
        return gf_label_text(name);
    }
    size_t base = 0, whole = strlen(name);
    while (isalpha((unsigned char)name[base])) {
        ++base;
    }
    const char *rest = name + base + (name[base] == '_' ? 1 : 0);
    bool prime = strcmp(rest, "prime") == 0 ||
                 (whole == 2 && isupper((unsigned char)*name) && name[1] == 'p');
    if (prime) {
        add_word(&label, name, whole == 2 ? 1 : base);
        add(&label, "′", 1);
        return label;
    }
    add_word(&label, name, base);
    if (*rest != '\0') {
        add_subscript(&label, rest);
    }
    return label;
}

gf_label gf_label_value(const char *name, double value) {
    gf_label label = gf_label_symbol(name);
    char number[48];
    int length = snprintf(number, sizeof number, " = %g", value);
    add(&label, number, (size_t)length);
    return label;
}

/* "name=value" */
static void add_parameter(gf_label *self, const char *text, size_t length) {
    char name[64];
    size_t letters = strcspn(text, "=");
    if (letters + 1 >= length || letters >= sizeof name) {
        add_text(self, text, length);
        return;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)letters, text);
    gf_label symbol = gf_label_symbol(name);
    add_label(self, &symbol);
    add(self, " = ", 3);
    add_text(self, text + letters + 1, length - letters - 1);
}

gf_label gf_label_model(const char *name, double sites, const char *parameters) {
    gf_label label = gf_label_text(name);
    char number[64];
    int digits = snprintf(number, sizeof number, ", {/:Italic N} = %g", sites);
    add(&label, number, (size_t)digits - strlen("{/:Italic }"));
    for (const char *text = parameters; *text != '\0';) {
        size_t length = strcspn(text, " ");
        if (length > 0) {
            add(&label, ", ", 2);
            add_parameter(&label, text, length);
        }
        text += length + (text[length] == ' ' ? 1 : 0);
    }
    return label;
}

/* --- units ----------------------------------------------------------------------------------- */

static const char NO_UNIT[] = "energy"; /* of a model that names none */

/* A unit as a product. */
typedef struct unit {
    char energy[48];
    int power; /* of the energy */
    bool per_coupling;
} unit;

/* A word of a unit: "epsilon", "q_i", "J", "J^2", "1/J"; numbers and lengths are passed over. */
static void take_word(unit *self, const char *word, size_t length, size_t i, size_t k) {
    int sign = 1;
    if (length > 2 && strncmp(word, "1/", 2) == 0) {
        sign = -1;
        word += 2;
        length -= 2;
    }
    if (is_word(word, length, "epsilon")) {
        self->per_coupling = true;
    } else if (is_word(word, length, "q_i")) {
        self->power += sign * (i == GF_ENERGY);
    } else if (is_word(word, length, "q_j")) {
        self->power += sign * (k == GF_ENERGY);
    } else if (isalpha((unsigned char)*word)) {
        size_t letters = strcspn(word, "^ ,");
        letters = letters < length ? letters : length;
        if (is_word(word, letters, "a")) {
            return;
        }
        int power = letters < length && word[letters] == '^' ? atoi(word + letters + 1) : 1;
        (void)snprintf(self->energy, sizeof self->energy, "%.*s", (int)letters, word);
        self->power += sign * power;
    }
}

/* Entry `entry` of a list that commas divide, or the whole where there is no list; up to "per". */
static unit parse_unit(const char *text, size_t entry, size_t i, size_t k) {
    unit result = {.energy = ""};
    const char *comma = strchr(text, ',');
    for (; entry > 0 && comma != NULL; --entry) {
        text = comma + 1;
        comma = strchr(text, ',');
    }
    size_t left = strcspn(text, ",");
    while (left > 0) {
        size_t length = strcspn(text, " ,");
        length = length < left ? length : left;
        if (is_word(text, length, "per")) {
            break;
        }
        take_word(&result, text, length, i, k);
        size_t step = length < left ? length + 1 : length;
        text += step;
        left -= step;
    }
    return result;
}

static unit read_unit(gf_file *file, const char *dataset, size_t i, size_t k) {
    char *text = gf_file_get_text_attribute(file, dataset, "units");
    unit result = {.energy = ""};
    if (text != NULL) {
        result = parse_unit(text, i + k, i, k);
    }
    free(text);
    return result;
}

/* The unit of energy that a file uses. */
static void find_energy(gf_file *file, char energy[48]) {
    static const char *const places[] = {"/density_grid/energy", "/fitted_grid/density",
                                         "/scan/density"};
    unit found = {.energy = ""};
    for (size_t p = 0; p < sizeof places / sizeof *places && found.energy[0] == '\0'; ++p) {
        if (gf_file_has(file, places[p])) {
            found = read_unit(file, places[p], GF_ENERGY, 0);
        }
    }
    memcpy(energy, found.energy, sizeof found.energy);
}

gf_label gf_label_unit(gf_file *file, const char *dataset, size_t i, size_t k) {
    gf_label label = {0};
    unit found = read_unit(file, dataset, i, k);
    if (found.power != 0 && found.energy[0] == '\0') {
        find_energy(file, found.energy);
    }
    if (found.per_coupling) {
        add(&label, "ε", 1);
    }
    if (found.power != 0 && strcmp(found.energy, NO_UNIT) != 0 && found.energy[0] != '\0') {
        gf_label symbol = gf_label_symbol(found.energy);
        add_label(&label, &symbol);
        if (found.power != 1) {
            char power[24];
            int length = snprintf(power, sizeof power, "^{%s%d}", found.power < 0 ? "−" : "",
                                  abs(found.power));
            add(&label, power, (size_t)length - 3);
        }
    }
    return label;
}

static gf_label with_energy_unit(gf_file *file, const char *words) {
    gf_label label = {0};
    char energy[48];
    find_energy(file, energy);
    add(&label, words, strlen(words));
    add(&label, "{/:Italic e}", 1);
    if (energy[0] != '\0' && strcmp(energy, NO_UNIT) != 0) {
        gf_label symbol = gf_label_symbol(energy);
        add(&label, " / ", 3);
        add_label(&label, &symbol);
    }
    return label;
}

gf_label gf_label_energy(gf_file *file) {
    return with_energy_unit(file, "energy per site  ");
}

gf_label gf_label_energy_symbol(gf_file *file) {
    return with_energy_unit(file, "");
}
