#include "figure/label.h"

#include "gibbsflow/model.h"
#include "model/model_file.h"

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

gf_label gf_label_energy_unit(const char *unit) {
    gf_label label = {0};
    if (strcmp(unit, GF_MODEL_ENERGY_UNIT) == 0) {
        return label;
    }
    size_t name = strcspn(unit, "_'0123456789"), letters = 0;
    for (size_t i = 0; i < name; ++i) {
        letters += ((unsigned char)unit[i] & 0xc0) != 0x80; /* what begins a character of UTF-8 */
    }
    add(&label, letters == 1 ? "{/:Italic " : "", 0);
    add_text(&label, unit, name);
    add(&label, letters == 1 ? "}" : "", 0);
    const char *rest = unit + name;
    for (; *rest != '\0' && *rest != '_'; ++rest) {
        if (*rest == '\'') {
            add(&label, "′", 1);
        } else {
            add_text(&label, rest, 1);
        }
    }
    if (*rest == '_') {
        add_subscript(&label, rest);
    }
    return label;
}

/* The power of the energy in a word of a unit, "J", "J^2" or "1/J"; 0: it is another word. */
static int power_of(const char *word, size_t length, const char *energy) {
    int sign = 1;
    if (length > 2 && strncmp(word, "1/", 2) == 0) {
        sign = -1;
        word += 2;
        length -= 2;
    }
    size_t letters = strlen(energy);
    if (length < letters || strncmp(word, energy, letters) != 0) {
        return 0;
    }
    return length == letters                               ? sign
           : word[letters] == '^' && length == letters + 2 ? sign * (word[letters + 1] - '0')
                                                           : 0;
}

/* Adds " / εJ^{2}". */
static void add_unit(gf_label *self, bool per_coupling, int power, const gf_label *energy) {
    bool has_energy = power != 0 && energy->length > 0;
    if (per_coupling || (has_energy && power > 0)) {
        add(self, " / ", 3);
    }
    add(self, per_coupling ? "ε" : "", per_coupling ? 1U : 0U);
    if (has_energy) {
        bool apart = power < 0 || (per_coupling && energy->length > 1);
        add(self, apart ? " " : "", apart ? 1U : 0U);
        add_label(self, energy);
        if (abs(power) != 1) {
            char exponent[24];
            (void)snprintf(exponent, sizeof exponent, "^{%d}", abs(power));
            add(self, exponent, 1);
        }
    }
}

gf_label gf_label_over_unit(gf_file *file, const char *dataset, size_t entry) {
    gf_label label = {0};
    char *units = gf_file_get_text_attribute(file, dataset, "units");
    char *energy = gf_model_stored_energy_unit(file);
    const char *text = units;
    for (; text != NULL && entry > 0 && strchr(text, ';') != NULL; --entry) {
        text = strchr(text, ';') + 1;
    }
    bool per_coupling = false;
    int power = 0;
    while (text != NULL && energy != NULL && *text != '\0' && *text != ';') {
        size_t length = strcspn(text, " ;");
        if (is_word(text, length, "per")) { /* site */
            break;
        }
        per_coupling = per_coupling || is_word(text, length, "epsilon");
        power += power_of(text, length, energy);
        text += length + (text[length] == ' ' ? 1 : 0);
    }
    if (energy != NULL) {
        gf_label unit = gf_label_energy_unit(energy);
        add_unit(&label, per_coupling, power, &unit);
    }
    free(units);
    free(energy);
    return label;
}

gf_label gf_label_over_rate(gf_file *file) {
    gf_label label = {0}, unit = gf_label_model_unit(file);
    add_unit(&label, true, 1, &unit);
    return label;
}

gf_label gf_label_model_unit(gf_file *file) {
    char *unit = gf_model_stored_energy_unit(file);
    gf_label label = gf_label_energy_unit(unit != NULL ? unit : GF_MODEL_ENERGY_UNIT);
    free(unit);
    return label;
}

static gf_label with_energy_unit(gf_file *file, const char *words) {
    gf_label label = {0}, unit = gf_label_model_unit(file);
    add(&label, words, strlen(words));
    add(&label, "{/:Italic e}", 1);
    if (unit.length > 0) {
        add(&label, " / ", 3);
        add_label(&label, &unit);
    }
    return label;
}

gf_label gf_label_energy(gf_file *file) {
    return with_energy_unit(file, "energy per site  ");
}

gf_label gf_label_energy_symbol(gf_file *file) {
    return with_energy_unit(file, "");
}
