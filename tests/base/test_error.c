/* Messages: what strangers wrote must not command the terminal. */
#include "base/printable.h"
#include "gibbsflow/error.h"
#include "suite.h"

START_TEST(control_characters_are_escaped) {
    static const char *const cases[][2] = {
        {"plain text", "plain text"},
        {"\033[31mred\033[0m", "\\x1b[31mred\\x1b[0m"},
        {"two\nlines\ttab\r\a\x7f", "two\\x0alines\\x09tab\\x0d\\x07\\x7f"},
        {"\xc2\x9b"
         "31m",
         "\\x9b31m"},                               /* CSI as one character */
        {"\xc2\xa0 \xce\xbb", "\xc2\xa0 \xce\xbb"}, /* other characters beyond ASCII remain */
        {"\xc2", "\xc2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_error error;
        ck_assert_int_eq(gf_fail(&error, GF_INVALID, "file: %s", cases[i][0]), GF_INVALID);
        assert_starts(error.message, "file: ");
        ck_assert_str_eq(error.message + 6, cases[i][1]);
    }
}
END_TEST

START_TEST(what_is_too_long_is_cut) {
    char text[6];
    gf_printable("abc\033d", text, sizeof text); /* no half of an escape */
    ck_assert_str_eq(text, "abc");
    gf_printable("abcdefgh", text, sizeof text);
    ck_assert_str_eq(text, "abcde");
    static char long_text[5000];
    memset(long_text, '\a', sizeof long_text - 1);
    gf_error error;
    (void)gf_fail(&error, GF_IO, "%s", long_text);
    ck_assert_uint_lt(strlen(error.message), sizeof error.message);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("error");
    tcase_add_test(tests, control_characters_are_escaped);
    tcase_add_test(tests, what_is_too_long_is_cut);
    return run_suite("error", tests);
}
