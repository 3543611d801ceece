/* YAML documents: what is read, and where messages point. */
#include "input/arithmetic.h"
#include "input/document.h"

#include "suite.h"

#include <stdio.h>

static gf_document *parse_good(const char *text) {
    gf_document *document = NULL;
    gf_error error = {0};
    ck_assert_msg(gf_document_parse(text, strlen(text), "file", &document, &error) == GF_OK, "%s",
                  error.message);
    return document;
}

static void assert_refused(const char *text, size_t length, const char *place) {
    gf_document *document = NULL;
    gf_error error = {0};
    ck_assert_int_eq(gf_document_parse(text, length, "file", &document, &error), GF_INVALID);
    ck_assert_ptr_null(document);
    ck_assert_int_eq(error.status, GF_INVALID);
    assert_starts(error.message, place);
}

/* --- text that is not one YAML document ------------------------------------------------------ */

START_TEST(what_is_not_one_document_is_refused) {
    static const struct {
        const char *text, *place;
    } cases[] = {{"", "file: empty"},
                 {"\n\n  \n", "file: empty"},
                 {"# only a comment\n", "file: empty"},
                 {"a: 1\n---\nb: 2\n", "file:3:1: a second YAML document"},
                 {"a: 1\n...\n---\n- b\n", "file:4:1: a second YAML document"},
                 {"a: 1\n---\nb: [\n", "file:4:1: "},
                 {"a: [1, 2\nb: 3\n", "file:2:"},
                 {"a: {b: 1\n", "file:2:1: "},
                 {"a: \"open\n", "file:2:1: "},
                 {"a:\n\t- 1\n", "file:2:1: "},
                 {"a: 1\n b: 2\n", "file:2:3: "},
                 {"a: b: c\n", "file:1:5: "},
                 {"a: *nowhere\n", "file:1:4: "},
                 {"a: @b\n", "file:1:4: "},
                 {"%YAML 9.9\n---\na: 1\n", "file:1:"},
                 {"a: \x01\n", "file: "},
                 {"a: \xff\xff\n", "file: "},
                 {"a: \xc3", "file: "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].place);
    }
}
END_TEST

START_TEST(nul_bytes_are_refused) {
    assert_refused("a: 1\0b: 2\n", 10, "file: ");
    assert_refused("\0\0\0\0", 4, "file: ");
}
END_TEST

START_TEST(deep_nesting_ends) {
    enum { DEPTH = 20000 };
    static char text[DEPTH];
    memset(text, '[', sizeof text);
    assert_refused(text, sizeof text, "file:");
}
END_TEST

/* Whatever the bytes, there is a document or a message. */
START_TEST(random_bytes_never_crash) {
    for (int seed = 0; seed < 2000; ++seed) {
        static const char alphabet[] = "a1:-[]{},\n \t\"'#&*!|>%@`?.~\\";
        uint64_t state = (uint64_t)seed;
        char text[256];
        size_t length = (size_t)random_below(&state, sizeof text);
        for (size_t k = 0; k < length; ++k) {
            text[k] = seed % 2 == 0 ? (char)random_bits(&state)
                                    : alphabet[random_below(&state, sizeof alphabet - 1)];
        }
        gf_document *document = NULL;
        gf_error error = {0};
        gf_status status = gf_document_parse(text, length, "file", &document, &error);
        ck_assert((status == GF_OK) == (document != NULL));
        ck_assert(status == GF_OK || strncmp(error.message, "file:", 5) == 0);
        gf_document_free(document);
    }
}
END_TEST

/* --- nodes ----------------------------------------------------------------------------------- */

START_TEST(entries_are_found) {
    gf_document *document = parse_good("list: [x, y, z]\nmap: {p: 1, q: 2}\nword: w\n");
    gf_node *root = gf_document_root(document), *key = NULL, *found = NULL;
    const char *text = NULL;
    ck_assert_uint_eq(gf_document_size(root), 3);
    ck_assert_uint_eq(gf_document_size(NULL), 0);
    ck_assert_uint_eq(gf_document_size(gf_document_get(document, root, "word")), 0);
    ck_assert_ptr_null(gf_document_get(document, root, "absent"));
    gf_node *list = gf_document_get(document, root, "list");
    ck_assert_uint_eq(gf_document_size(list), 3);
    ck_assert_int_eq(gf_document_text(document, gf_document_entry(document, list, 2, &key), "entry",
                                      &text, NULL),
                     GF_OK);
    ck_assert_str_eq(text, "z");
    ck_assert_ptr_null(key);
    gf_node *map = gf_document_get(document, root, "map");
    found = gf_document_entry(document, map, 1, &key);
    ck_assert_ptr_eq(found, gf_document_get(document, map, "q"));
    ck_assert_int_eq(gf_document_text(document, key, "key", &text, NULL), GF_OK);
    ck_assert_str_eq(text, "q");
    gf_document_free(document);
    gf_document_free(NULL);
}
END_TEST

START_TEST(keys_are_checked) {
    static const char *const known[] = {"a", "b", NULL};
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a: 1\nb: 2\n", NULL},
        {"b: 2\n", NULL},
        {"{}", NULL},
        {"a: 1\nc: 2\n", "file:2:1: unknown key 'c' in the thing; expected: a, b"},
        {"a: 1\nb: 2\na: 1\n", "file:3:1: key 'a' stands twice in the thing"},
        {"b: {x: 1}\nb: {x: 1}\n", "file:2:1: key 'b' stands twice in the thing"},
        {"- a\n- b\n", "file:1:1: the thing must be a mapping"},
        {"word\n", "file:1:1: the thing must be a mapping"},
        {"a: 1\n? [b]\n: 2\n", "file:2:3: a key of the thing must be a plain word"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_document *document = parse_good(cases[i].text);
        gf_error error = {0};
        gf_status status = gf_document_check_keys(document, gf_document_root(document), "the thing",
                                                  known, &error);
        ck_assert_msg((status == GF_OK) == (cases[i].message == NULL), "%s", cases[i].text);
        assert_starts(error.message, cases[i].message != NULL ? cases[i].message : "");
        gf_document_free(document);
    }
}
END_TEST

START_TEST(any_key_may_be_allowed) {
    gf_document *document = parse_good("anything: 1\nelse: 2\n");
    ck_assert_int_eq(
        gf_document_check_keys(document, gf_document_root(document), "the thing", NULL, NULL),
        GF_OK);
    gf_document_free(document);
}
END_TEST

START_TEST(missing_keys_are_named) {
    gf_document *document = parse_good("\n  a: 1\n");
    gf_node *root = gf_document_root(document), *value = NULL;
    gf_error error = {0};
    ck_assert_int_eq(gf_document_require(document, root, "a", &value, &error), GF_OK);
    ck_assert_ptr_nonnull(value);
    ck_assert_int_eq(gf_document_require(document, root, "b", &value, &error), GF_INVALID);
    assert_starts(error.message, "file:2:3: the key 'b' is missing");
    gf_document_free(document);
}
END_TEST

/* --- values ---------------------------------------------------------------------------------- */

START_TEST(integers_are_checked) {
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {{"1", true},
                 {"32", true},
                 {"+7", true},
                 {"\"12\"", true},
                 {"-3", true},
                 {"0", true},
                 {"33", false},
                 {"-4", false},
                 {"1e9", false},
                 {"1.0", false},
                 {"twelve", false},
                 {"12 x", false},
                 {"0x10", false},
                 {"\" \"", false},
                 {"99999999999999999999999", false},
                 {"-99999999999999999999999", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char text[60];
        (void)snprintf(text, sizeof text, "number: %s", cases[i].text);
        gf_document *document = parse_good(text);
        gf_node *node = gf_document_get(document, gf_document_root(document), "number");
        gf_error error = {0};
        long value = 99;
        gf_status status = gf_document_integer(document, node, "number", -3, 32, &value, &error);
        ck_assert_msg((status == GF_OK) == cases[i].valid, "%s", text);
        ck_assert(!cases[i].valid || (value >= -3 && value <= 32));
        assert_starts(error.message,
                      cases[i].valid ? "" : "file:1:9: number must be an integer from -3 to 32, ");
        gf_document_free(document);
    }
}
END_TEST

START_TEST(types_are_checked) {
    gf_document *document = parse_good("list: [1]\nmap: {a: 1}\nempty:\nquoted: \"a\\0b\"\n");
    gf_node *root = gf_document_root(document);
    static const struct {
        const char *key, *message;
    } cases[] = {{"list", "file:1:7: it must be a single value, not a list"},
                 {"map", "file:2:6: it must be a single value, not a mapping"},
                 {"empty", "file:3:7: it must not be empty"},
                 {"quoted", "file:4:9: it must not be empty or contain NUL"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const gf_node *node = gf_document_get(document, root, cases[i].key);
        const char *text = NULL;
        gf_source source;
        gf_error error = {0}, same = {0};
        ck_assert_int_eq(gf_document_text(document, node, "it", &text, &error), GF_INVALID);
        assert_starts(error.message, cases[i].message);
        ck_assert_int_eq(gf_document_source(document, node, "it", &source, &same), GF_INVALID);
        ck_assert_str_eq(error.message, same.message);
    }
    gf_error error = {0};
    ck_assert_int_eq(gf_document_expect_sequence(document, root, "it", &error), GF_INVALID);
    assert_starts(error.message, "file:1:1: it must be a list");
    gf_document_free(document);
}
END_TEST

/* An error in an expression points at its character in the file, quoted or not. */
START_TEST(expressions_are_found_in_the_file) {
    static const struct {
        const char *text, *place;
    } cases[] = {{"rate: 1 + foo\n", "file:1:11: "},
                 {"rate: \"1 + foo\"\n", "file:1:12: "},
                 {"rate: '1 + foo'\n", "file:1:12: "},
                 {"{a: 1,\n  rate:   1 + foo}\n", "file:2:15: "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_document *document = parse_good(cases[i].text);
        gf_node *node = gf_document_get(document, gf_document_root(document), "rate");
        gf_source source;
        gf_error error = {0};
        double value = 0;
        ck_assert_int_eq(gf_document_source(document, node, "rate", &source, &error), GF_OK);
        ck_assert_int_eq(gf_arithmetic_number(&source, NULL, &value, &error), GF_INVALID);
        assert_starts(error.message, cases[i].place);
        assert_contains(error.message, "unknown name 'foo'");
        gf_document_free(document);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("document");
    tcase_add_test(tests, what_is_not_one_document_is_refused);
    tcase_add_test(tests, nul_bytes_are_refused);
    tcase_add_test(tests, deep_nesting_ends);
    tcase_add_test(tests, random_bytes_never_crash);
    tcase_add_test(tests, entries_are_found);
    tcase_add_test(tests, keys_are_checked);
    tcase_add_test(tests, any_key_may_be_allowed);
    tcase_add_test(tests, missing_keys_are_named);
    tcase_add_test(tests, integers_are_checked);
    tcase_add_test(tests, types_are_checked);
    tcase_add_test(tests, expressions_are_found_in_the_file);
    return run_suite("document", tests);
}
