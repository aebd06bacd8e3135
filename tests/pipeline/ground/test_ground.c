// test_ground.c - the ground floor: numbers, tables, files, hashes, option tables.
#include "ground/args.h"
#include "ground/number.h"
#include "ground/output.h"
#include "ground/random.h"
#include "ground/sha256.h"
#include "ground/table.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
// after the above, as cmocka wants it
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/moelaw-ground-XXXXXX";

static const char *path_of(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *write_file(const char *name, const char *text, size_t length) {
    const char *path = path_of(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, length, f), length);
    fclose(f);
    return path;
}

static void assert_says(const char *part) {
    if (!strstr(status_message(), part)) fail_msg("message '%s' lacks '%s'", status_message(), part);
}

static void sha256_text(const char *text, char hex[SHA256_TEXT]) {
    Sha256 s;
    sha256_begin(&s);
    sha256_add(&s, text, strlen(text));
    sha256_end(&s, hex);
}

// FIPS 180-4 examples and the million a's.
static void sha256_known_answers(void **state) {
    (void)state;
    char hex[SHA256_TEXT];
    sha256_text("abc", hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_text("", hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    Sha256 s;
    sha256_begin(&s);
    for (int i = 0; i < 1000000 / 7; i++) sha256_add(&s, "aaaaaaa", 7);
    sha256_add(&s, "aaaaaaa", 1000000 % 7);
    sha256_end(&s, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The first numbers of SplitMix64 from 0, as published with it (prng.di.unimi.it/splitmix64.c).
static void random_bits_are_the_published_ones(void **state) {
    (void)state;
    Random r = {0};
    assert_true(random_bits(&r) == 0xe220a8397b1dcdafu);
    assert_true(random_bits(&r) == 0x6e789e6aa1b965f4u);
    assert_true(random_bits(&r) == 0x06c45d188009454fu);
}

static void numbers_survive_text(void **state) {
    (void)state;
    Random r = random_stream(7, 7);
    char text[NUMBER_TEXT];
    for (int i = 0; i < 20000; i++) {
        union {
            uint64_t bits;
            double x;
        } u = {random_bits(&r)};
        double back;
        if (u.x != u.x || u.x - u.x != 0) continue;
        assert_true(parse_number(number_text(u.x, text), &back));
        assert_memory_equal(&back, &u.x, sizeof back);
    }
    assert_string_equal(number_text(0.1, text), "0.1");
    assert_string_equal(number_text(44000000, text), "44000000");
    assert_string_equal(number_text(-3, text), "-3");
}

static void numbers_that_are_none(void **state) {
    (void)state;
    static const char *const bad[] = {"",    " ",   "x",   "1x", "0x10", "inf", "-inf", "nan",    "1e999",
                                      "1,5", "1 2", "--1", "1G", "B",    "1 B", "1BB",  "1e300T", "2m"};
    double x;
    long long whole;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse_number(bad[i], &x)) fail_msg("'%s' passed as a number", bad[i]);
    assert_true(parse_number(" -1.5e3 ", &x) && x == -1500);
    assert_true(parse_whole("1e6", &whole) && whole == 1000000);
    assert_true(parse_number("30B", &x) && x == 3e10);
    assert_true(parse_number(" 1.5K ", &x) && x == 1500);
    assert_true(parse_number("2e-1M", &x) && x == 2e5);
    assert_true(parse_whole("4k", &whole) && whole == 4000);
    assert_true(parse_whole("15T", &whole) && whole == 15000000000000);
    assert_false(parse_whole("1.5", &whole));
    assert_false(parse_whole("1e17", &whole));
}

static void numbers_for_people(void **state) {
    (void)state;
    char text[NUMBER_TEXT];
    assert_string_equal(short_count(1234567, text), "1.23M");
    assert_string_equal(short_count(1234567890, text), "1.23B"); // G is a factor of the laws
    assert_string_equal(short_count(999, text), "999");
    assert_string_equal(short_count(99950, text), "100K");
    assert_string_equal(short_count(2e10, text), "20.0B");
    assert_string_equal(short_count(1.5e13, text), "15.0T");
    assert_string_equal(short_count(3e20, text), "3e+20");
    assert_string_equal(short_time(4.2, text), "4.2s");
    assert_string_equal(short_time(185, text), "3m05s");
    assert_string_equal(short_time(3720, text), "1h02m");
}

static Status read_text(const char *text, size_t length, Table *t) {
    return table_read(write_file("t.csv", text, length), t);
}

static void tables_as_rfc4180(void **state) {
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBFrun_id, D ,notes\r\na,1e6,\"x, \"\"y\"\"\"\r\n\r\nb,,\"two\nlines\"\r\nc,3,\r\n";
    Table t;
    assert_int_equal(read_text(text, sizeof text - 1, &t), OK);
    assert_int_equal(t.n_rows, 3);
    assert_int_equal(t.n_columns, 3);
    assert_string_equal(t.columns[1], "D");
    assert_string_equal(table_cell(&t, 0, 2), "x, \"y\"");
    assert_string_equal(table_cell(&t, 1, 2), "two\nlines");
    assert_int_equal(t.lines[1], 4);
    assert_int_equal(t.lines[2], 6);
    double x;
    assert_int_equal(table_number(&t, 0, 1, &x), OK);
    assert_true(x == 1e6);
    assert_int_equal(table_number(&t, 1, 1, &x), OK);
    assert_true(x != x);
    assert_int_equal(table_number(&t, 0, 0, &x), BAD_INPUT);
    assert_says("t.csv:2: run_id: 'a'");
    assert_int_equal(table_column(&t, "loss"), -1);
    table_free(&t);
}

static void tables_that_are_none(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "is empty"},
        {"\n\n", "is empty"},
        {"a,a\n1,2\n", ":1: two columns are named 'a'"},
        {"a,,b\n", "has no name"},
        {"a,b\n1\n", ":2: has 1 cells"},
        {"a,b\n1,2,3\n", ":2: has 3 cells"},
        {"a\n\"x\n", ":2: a quote is opened"},
        {"a\n\"x\"y\n", ":2: text after a closing quote"},
    };
    Table t;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_text(cases[i].text, strlen(cases[i].text), &t), BAD_INPUT);
        assert_says(cases[i].says);
    }
    assert_int_equal(read_text("a\n\0\n", 4, &t), BAD_INPUT);
    assert_says("NUL");
    assert_int_equal(table_read(path_of("none.csv"), &t), BAD_INPUT);
    assert_says("none.csv: cannot read");
    assert_int_equal(table_read(folder, &t), BAD_INPUT);
}

// Every prefix and every single-byte change of a table is read or refused, never worse (run under the sanitizers).
static void tables_cut_and_broken(void **state) {
    (void)state;
    static const char good[] = "a,\"b\"\r\n\"1,\"\"2\",3\n\n4,\"5\n6\"\n";
    char text[sizeof good];
    Table t;
    for (size_t i = 0; i < sizeof good - 1; i++) {
        if (read_text(good, i, &t) == OK) table_free(&t);
        static const char bytes[] = {'"', ',', '\n', '\r', '\0', 'x'};
        for (size_t k = 0; k < sizeof bytes; k++) {
            memcpy(text, good, sizeof good);
            text[i] = bytes[k];
            if (read_text(text, sizeof good - 1, &t) == OK) table_free(&t);
        }
    }
}

static void notes_by_key(void **state) {
    (void)state;
    char value[8];
    assert_true(notes_value("a=1; bc=two;d=", "bc", value, sizeof value));
    assert_string_equal(value, "two");
    assert_true(notes_value("a=1;d=", "d", value, sizeof value));
    assert_string_equal(value, "");
    assert_false(notes_value("abc=1", "bc", value, sizeof value));
    assert_true(notes_value("long=123456789", "long", value, sizeof value));
    assert_string_equal(value, "1234567");
}

static void outputs_appear_whole_or_not(void **state) {
    (void)state;
    const char *path = write_file("out.txt", "old", 3);
    Output out;
    assert_int_equal(output_open(&out, path), OK);
    fputs("new", out.file);
    char *text;
    size_t length;
    assert_int_equal(read_file(path, 0, &text, &length), OK);
    assert_string_equal(text, "old");
    free(text);
    output_discard(&out);
    assert_int_equal(read_file(path, 0, &text, &length), OK);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(output_open(&out, path), OK);
    fputs("new", out.file);
    assert_int_equal(output_commit(&out), OK);
    assert_int_equal(read_file(path, 0, &text, &length), OK);
    assert_string_equal(text, "new");
    free(text);
    assert_int_equal(output_open(&out, path_of("no/such/out.txt")), CANNOT_FINISH);
    assert_int_equal(output_open(&out, folder), BAD_INPUT);
}

static void same_content_keeps_its_time(void **state) {
    (void)state;
    const char *path = write_file("same.txt", "text", 4);
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    Output out;
    assert_int_equal(output_open(&out, path), OK);
    fputs("text", out.file);
    assert_int_equal(output_commit_if_changed(&out), OK);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(output_open(&out, path), OK);
    fputs("other", out.file);
    assert_int_equal(output_commit_if_changed(&out), OK);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, 5);
}

static void links_and_pipes_stay_what_they_are(void **state) {
    (void)state;
    char target[300], link[300], pipe[300];
    snprintf(target, sizeof target, "%s", path_of("target.txt"));
    snprintf(link, sizeof link, "%s", path_of("link.txt"));
    snprintf(pipe, sizeof pipe, "%s", path_of("pipe"));
    struct stat info;
    Output out;
    // A link whose target is not there yet, by a relative name; then one to a link.
    for (int i = 0; i < 2; i++) {
        assert_int_equal(symlink(i ? "link.txt" : "target.txt", i ? path_of("second.txt") : link), 0);
        assert_int_equal(output_open(&out, i ? path_of("second.txt") : link), OK);
        fprintf(out.file, "%d", i);
        assert_int_equal(output_commit(&out), OK);
        assert_int_equal(lstat(link, &info), 0);
        assert_true(S_ISLNK(info.st_mode));
        char *text;
        size_t length;
        assert_int_equal(read_file(target, 0, &text, &length), OK);
        assert_string_equal(text, i ? "1" : "0");
        free(text);
    }
    // A pipe gets what is written and stays a pipe. (Opened for both, so that nobody waits.)
    assert_int_equal(mkfifo(pipe, 0600), 0);
    int reader = open(pipe, O_RDWR | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(output_open(&out, pipe), OK);
    fputs("through", out.file);
    assert_int_equal(output_commit_if_changed(&out), OK);
    char got[16] = "";
    assert_int_equal(read(reader, got, sizeof got), 7);
    assert_string_equal(got, "through");
    close(reader);
    assert_int_equal(lstat(pipe, &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    // A name that a dead process of the same number left behind is not written over.
    char left[400];
    snprintf(left, sizeof left, "%s.tmp.%ld.0", target, (long)getpid());
    FILE *f = fopen(left, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(output_open(&out, target), OK);
    output_discard(&out);
    assert_int_equal(access(left, F_OK), 0);
    unlink(left);
    // Devices stay, even for one who may replace them.
    assert_int_equal(output_open(&out, "/dev/null"), OK);
    assert_int_equal(output_commit(&out), OK);
    assert_int_equal(lstat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

// A write that failed long ago says why at the end, whatever has gone wrong elsewhere since.
static void messages_name_the_write_that_failed(void **state) {
    (void)state;
    struct rlimit whole, small;
    getrlimit(RLIMIT_FSIZE, &whole);
    small = (struct rlimit){4096, whole.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    Output out;
    const char *path = path_of("large.txt");
    assert_int_equal(output_open(&out, path), OK);
    setrlimit(RLIMIT_FSIZE, &small);
    static char block[1 << 16];
    fwrite(block, 1, sizeof block, out.file);
    errno = ENOENT;
    Status s = output_commit(&out);
    setrlimit(RLIMIT_FSIZE, &whole);
    assert_int_equal(s, CANNOT_FINISH);
    assert_says("large.txt: cannot write: File too large");
    assert_int_equal(access(path, F_OK), -1);
}

static void full_disk_is_reported(void **state) {
    (void)state;
    Output out = {.file = fopen("/dev/full", "w"), .path = copy_text("/tmp/x"), .temporary = copy_text("/tmp/none")};
    assert_non_null(out.file);
    fputs("text", out.file);
    assert_int_equal(output_commit(&out), CANNOT_FINISH);
    assert_says("No space left");
}

static void json_has_no_broken_text(void **state) {
    (void)state;
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    write_json_string(f, "a\"\\\n\xff\xc3\xa9");
    write_json_number(f, 0.0 / 1.0 - 1.5);
    write_json_number(f, 1e308 * 10);
    fclose(f);
    assert_string_equal(text, "\"a\\\"\\\\\\u000a\\ufffd\xc3\xa9\"-1.5null");
    free(text);
}

static Status parse(char **argv, double *x, const char **out, TextList *list) {
    bool flag = false;
    const Option options[] = {{"number", 'n', ARG_NUMBER, x, "X", "a number", 0, 10},
                              opt_output(out, "FILE", "a file"),
                              opt_list("where", list, "COND", "conditions"),
                              opt_flag("flag", &flag, "a flag"),
                              {0}};
    const Command self = {
        .program = "test", .synopsis = "FILE [options]", .least = 1, .most = 2, .description = "A test."};
    const char *positional[2];
    int n, argc = 0;
    while (argv[argc]) argc++;
    return args_read(&self, options, argc, argv, positional, &n);
}

static char *wrapped(int indent, const char *text) {
    static char room[4096];
    memset(room, 0, sizeof room);
    FILE *f = fmemopen(room, sizeof room, "w");
    write_wrapped(f, indent, "%s", text);
    fclose(f);
    return room;
}

// Lines of at most 100 columns, nothing lost but the blanks that were broken at, and no endless loop on a long word.
static void lines_are_broken_at_blanks(void **state) {
    (void)state;
    assert_string_equal(wrapped(2, "short"), "short\n");
    assert_string_equal(wrapped(2, ""), "\n");
    assert_string_equal(wrapped(2, "a\nb"), "a\nb\n");
    char text[512], expected[1024];
    memset(text, 'x', sizeof text);
    text[99] = ' ';
    strcpy(text + 100, "over it");
    snprintf(expected, sizeof expected, "%.99s\n    over it\n", text);
    assert_string_equal(wrapped(4, text), expected);
    text[99] = 'x';
    text[100] = ' ';
    strcpy(text + 101, "goes");
    snprintf(expected, sizeof expected, "%.100s\n    goes\n", text);
    assert_string_equal(wrapped(4, text), expected);
    memset(text, 'x', 300);
    text[300] = '\0';
    snprintf(expected, sizeof expected, "%s\n", text);
    assert_string_equal(wrapped(4, text), expected);
    Random r = random_stream(11, 3);
    for (int k = 0; k < 300; k++) {
        int n = (int)random_below(&r, 400), words = 0, again = 0;
        for (int i = 0; i < n; i++) text[i] = random_below(&r, 6) ? 'a' : ' ';
        text[n] = '\0';
        for (int i = 0; i < n; i++) words += text[i] == 'a';
        char *lines = wrapped(7, text);
        for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
            assert_true(strlen(line) <= TEXT_WIDTH);
            for (char *p = line; *p; p++) again += *p == 'a';
        }
        assert_int_equal(words, again);
    }
}

static void options_from_one_table(void **state) {
    (void)state;
    double x = 1;
    const char *out = NULL;
    TextList list = {0};
    assert_int_equal(parse((char *[]){"test", "file", "--number=2.5", "-o", "a", "--where", "x", "--where", "y", NULL},
                           &x, &out, &list),
                     OK);
    assert_true(x == 2.5);
    assert_string_equal(out, "a");
    assert_int_equal(list.n, 2);
    assert_int_equal(parse((char *[]){"test", NULL}, &x, &out, &list), BAD_INPUT);
    assert_says("an argument is missing");
    assert_int_equal(parse((char *[]){"test", "a", "b", "c", NULL}, &x, &out, &list), BAD_INPUT);
    assert_says("unexpected argument 'c'");
    assert_int_equal(parse((char *[]){"test", "a", "--number", "11", NULL}, &x, &out, &list), BAD_INPUT);
    assert_says("outside 0..10");
    assert_int_equal(parse((char *[]){"test", "a", "--number", NULL}, &x, &out, &list), BAD_INPUT);
    assert_int_equal(parse((char *[]){"test", "a", "--nope", NULL}, &x, &out, &list), BAD_INPUT);
    assert_says("unknown option '--nope'");
    assert_int_equal(parse((char *[]){"test", "--", "--nope", NULL}, &x, &out, &list), OK);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_known_answers),
        cmocka_unit_test(random_bits_are_the_published_ones),
        cmocka_unit_test(numbers_survive_text),
        cmocka_unit_test(numbers_that_are_none),
        cmocka_unit_test(numbers_for_people),
        cmocka_unit_test(tables_as_rfc4180),
        cmocka_unit_test(tables_that_are_none),
        cmocka_unit_test(tables_cut_and_broken),
        cmocka_unit_test(notes_by_key),
        cmocka_unit_test(outputs_appear_whole_or_not),
        cmocka_unit_test(links_and_pipes_stay_what_they_are),
        cmocka_unit_test(messages_name_the_write_that_failed),
        cmocka_unit_test(same_content_keeps_its_time),
        cmocka_unit_test(full_disk_is_reported),
        cmocka_unit_test(json_has_no_broken_text),
        cmocka_unit_test(options_from_one_table),
        cmocka_unit_test(lines_are_broken_at_blanks),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
