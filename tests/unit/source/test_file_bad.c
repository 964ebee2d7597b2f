/* Bad input: each kind gives one clear line, and the good part is used. Also: what is written is
 * what is read, and memory may fail anywhere. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_reading.h"
#include "source/file/filetext.h"

static const char good[] =
    " Memory:16468560K Avail:12072536K  PageFlts:468600648   InRam Krnl:56708K P:950888K\n"
    " Commit:4100436K Limit:17517136K Peak:11685564K            Pool N:710920K P:983564K\n\n"
    " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n"
    " EtwB Nonp       6394      4056      2338 163418368      69896\n"
    " Io   Nonp    1021112   1020985       127     91912        723\n";

static void damaged_rows(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_text(&ph_poollog_poolmon,
              " Memory:16468560K Avail:12072536K\n"
              " EtwB Nonp       6394      4056      2338 163418368      69896\n"
              "Foo bar baz\n"
              "what 1 2 3 is \x1b[31mthis supposed to be and so on and on\n"
              " Wide Nonp 123456789012345678901234567890 4056 2338 1634 698\n"
              " Diff Nonp 10 5 6 100 20\n"
              " Minu Nonp 10 5 5 -100 -20\n"
              " Twic Nonp 10 5 5 100 20\n"
              " Twic Nonp 3 1 2 10 5\n"
              " Half Nonp 6394 40",
              &reading);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.samples[0].count, 4);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Diff")->objects, 6);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Minu")->bytes, -100);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Twic")->bytes, 110);
    expect_loss(&reading, "log.txt: 2 lines not understood, first at line 3: 'Foo bar baz'\n");
    expect_loss(&reading, "log.txt: 1 row is damaged and was left out, at line 10: 'Half Nonp");
    expect_loss(&reading, "1 row with a number beyond 64 bits was left out, at line 5: 'Wide");
    expect_loss(&reading, "Diff is not Allocs - Frees; the printed Diff was kept, at line 6");
    expect_loss(&reading, "1 row with negative bytes, kept as printed, at line 7");
    expect_loss(&reading, "1 tag twice in its snapshot, added up, at line 1\n");
    assert_int_equal(loss_count(&reading, "not understood"), 2);
}

static void expect_good(const char *bytes, size_t size)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    must(read_bytes(&ph_poollog_poolmon, bytes, size, 0, &reading));
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.samples[0].count, 2);
    assert_int_equal(reading.samples[0].memory.total, INT64_C(16468560) * 1024);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Io  ")->bytes, 91912);
    expect_no_loss(&reading);
}

static void encodings(void **state)
{
    char wide[2 * sizeof(good) + 2], other[3 * sizeof(good)];
    size_t size = sizeof(good) - 1;

    (void)state;
    expect_good(good, size);
    for (size_t i = 0; i < size; i++) {
        wide[2 + 2 * i] = good[i];
        wide[3 + 2 * i] = 0;
    }
    memcpy(wide, "\xff\xfe", 2);
    expect_good(wide, 2 + 2 * size); /* UTF-16LE with a mark */
    expect_good(wide + 2, 2 * size); /* and without */
    for (size_t i = 0; i < size; i++) {
        other[2 * i] = 0;
        other[2 * i + 1] = good[i];
    }
    expect_good(other, 2 * size); /* big-endian */
    memcpy(other, "\xef\xbb\xbf", 3);
    memcpy(other + 3, good, size);
    expect_good(other, size + 3);
    size_t written = 0;
    for (size_t i = 0; i < size; i++) {
        if (good[i] == '\n')
            other[written++] = '\r';
        other[written++] = good[i];
    }
    expect_good(other, written); /* CRLF */
    other[written++] = 0x1a;
    expect_good(other, written); /* as DOS editors end a file */
    other[written++] = '\r';
    other[written++] = '\n';
    expect_good(other, written);
}

/* cmd wrote the stamp, PowerShell 5 appended the snapshot. */
static void mixed_encoding(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    ph_text_puts(&text, "2026-11-02 14:05:00\r\n");
    for (size_t i = 0; i + 1 < sizeof(good); i++) {
        ph_text_putc(&text, good[i]);
        ph_text_putc(&text, 0);
    }
    must(read_bytes(&ph_poollog_poolmon, text.data, text.size, 0, &reading));
    assert_int_equal(reading.samples[0].count, 2);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "EtwB")->bytes, 163418368);
    assert_int_equal(reading.samples[0].time_kind, PH_TIME_LOCAL);
    expect_loss(&reading, "lines are UTF-16 inside an 8-bit text");
}

/* A buffer that is full to its last byte, as a probe reads it. */
static void full_buffer(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {.data = ph_alloc(64), .size = 64, .capacity = 64};
    uint64_t replaced, unzeroed;

    (void)state;
    assert_non_null(text.data);
    memset(text.data, 'x', 64);
    text.data[40] = 0;
    must(ph_filetext_decode(&text, &replaced, &unzeroed));
    assert_int_equal(text.size, 64);
    assert_int_equal(text.data[64], 0);
    assert_int_equal(unzeroed, 0);
}

static void odd_utf16(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(good); i++) {
        ph_text_putc(&text, good[i]);
        ph_text_putc(&text, 0);
    }
    ph_text_putc(&text, 'x'); /* half a character */
    must(read_bytes(&ph_poollog_poolmon, text.data, text.size, 0, &reading));
    expect_loss(&reading, "1 characters are no valid UTF-16");
}

static void nothing_in_it(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"", 0},
        {"\n\n\n", 3},
        {"\x1a", 1},
        {"\0\0\0\0", 4},
        {"\x7f"
         "ELF\x02\x01\x01\0\0\xff\xfe\n\n\x80",
         15},
        {"Query pooltags Failed c0000002.\n", 32},
        {" Memory:1K Avail:1K\n", 20},
        {" EtwB Nonp 6394 40", 18},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PH_GUARD(reading_fini) struct reading reading = {0};
        expect_error(read_bytes(&ph_poollog_poolmon, cases[i].bytes, cases[i].size, 0, &reading),
                     PH_ERR_FORMAT, "log.txt: no pool rows in ");
    }
    struct ph_source_options options = {.path = "/nonexistent/log.txt"};
    struct ph_source *source = NULL;
    expect_error(ph_source_poolmon.open(&options, &source), PH_ERR_NOT_FOUND,
                 "/nonexistent/log.txt");
    expect_error(ph_source_clone_csv.open(&options, &source), PH_ERR_NOT_FOUND,
                 "/nonexistent/log.txt");
    assert_null(source);
}

static void long_lines(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    ph_text_puts(&text, good);
    for (int i = 0; i < 100000; i++)
        ph_text_putc(&text, 'x');
    ph_text_puts(&text, "\n Last Nonp 3 1 2 10 5\n");
    must(read_bytes(&ph_poollog_poolmon, text.data, text.size, 0, &reading));
    assert_int_equal(reading.samples[0].count, 3);
    expect_loss(&reading, "1 line is longer than 4096 bytes and was left out, at line 8: 'xxx");
}

static void empty_filter(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_text(&ph_poollog_poolmon,
              "2026-11-02 14:00\n Memory:1K Avail:1K\n Tag  Type     Allocs   Frees\n\n"
              "2026-11-02 15:00\n Memory:1K Avail:1K\n Tag  Type     Allocs   Frees\n\n"
              " Leak Nonp 3 1 2 10 5\n",
              &reading);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.samples[0].count, 0);
    assert_int_equal(reading.samples[1].count, 1);
    assert_int_equal(reading.samples[1].time_ns - reading.samples[0].time_ns, PH_HOUR);
}

/* The writer appends all the time: sooner or later it does so during the reading. */
static void changes_while_read(void **state)
{
    char path[] = "/tmp/poolhound-test-XXXXXX";
    int fd = mkstemp(path);
    bool seen = false;

    (void)state;
    assert_true(fd >= 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        for (long i = 0; i < 400000; i++)
            if (write(fd, good, sizeof(good) - 1) < 0)
                break;
        _exit(0);
    }
    for (int i = 0; i < 2000 && !seen; i++) {
        PH_GUARD(ph_filetext_fini) struct ph_filetext file = {0};
        must(ph_filetext_load(path, &file));
        for (size_t k = 0; k < file.losses.count; k++)
            seen |= strstr(file.losses.items[k].what, "changed while it was read") != NULL;
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    (void)close(fd);
    (void)unlink(path);
    assert_true(seen);
}

/* --- what is written is what is read --- */

static uint64_t random_state;

static uint64_t draw(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

enum { TAGS = 60, SNAPSHOTS = 12 };

struct truth {
    char tag[5];
    bool paged;
    uint32_t allocs, frees;
    int64_t bytes;
};

static void make_tags(struct truth *tags)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "!$*+:;>?@_ ()[]-.,'#%&/=~";

    for (size_t i = 0; i < TAGS; i++) {
        tags[i] = (struct truth){.paged = i % 2};
        for (int k = 0; k < 4; k++)
            tags[i].tag[k] = letters[draw(sizeof(letters) - 1)];
        tags[i].tag[0] = (char)('A' + i / 2 % 26); /* no two alike, none begins with a blank */
        tags[i].tag[1] = (char)('a' + i / 52);
        tags[i].allocs = (uint32_t)draw(UINT32_MAX);
        tags[i].frees = tags[i].allocs - (uint32_t)draw(100000);
    }
}

static void write_snapshot(struct ph_text *text, const struct truth *tags, int layout, int number)
{
    bool deltas = layout == 1;

    ph_text_printf(text, "2026-11-02 %02d:00:00\n", number);
    ph_text_printf(text,
                   " Memory:%dK Avail:20055132K  PageFlts:     5   InRam Krnl:10444K P:1843072K\n"
                   " Commit:15035764K Limit:67027552K Peak:16677444K            Pool N:%dK P:7K\n\n"
                   " Tag  Type     Allocs            Frees            Diff   Bytes       Per "
                   "Alloc\n\n",
                   33473120 + number, 1000 + number);
    for (size_t i = 0; i < TAGS; i++) {
        const struct truth *tag = &tags[i];
        uint32_t diff = tag->allocs - tag->frees;
        const char *type = tag->paged ? "Paged" : "Nonp ";
        if (deltas)
            ph_text_printf(text, " %s %s %10u (%4d) %10u (%4d) %8u %8lld (%6d) %6lld\n", tag->tag,
                           type, tag->allocs, (int)draw(9999) - 5000, tag->frees, 3, diff,
                           (long long)tag->bytes, -17, (long long)(diff ? tag->bytes / diff : 0));
        else
            ph_text_printf(text,
                           layout == 2 ? " %s %s %18u %18u %17u %14lld %16lld\n"
                                       : " %s %s %10u %10u %8u %8lld %8lld\n",
                           tag->tag, type, tag->allocs, tag->frees, diff, (long long)tag->bytes,
                           (long long)(diff ? tag->bytes / diff : 0));
    }
}

static void written_is_read(void **state)
{
    (void)state;
    for (int layout = 0; layout < 3; layout++) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        PH_GUARD(reading_fini) struct reading reading = {0};
        struct truth tags[SNAPSHOTS][TAGS];
        random_state = 0x9e3779b97f4a7c15u + (uint64_t)layout;
        make_tags(tags[0]);
        for (int s = 0; s < SNAPSHOTS; s++) {
            for (size_t i = 0; i < TAGS; i++) {
                if (s)
                    tags[s][i] = tags[s - 1][i];
                uint32_t more = (uint32_t)draw(5000);
                tags[s][i].allocs += more; /* may wrap */
                tags[s][i].frees += (uint32_t)draw(more + 1);
                tags[s][i].bytes = (int64_t)draw(UINT64_C(1) << 40);
            }
            write_snapshot(&text, tags[s], layout, s);
        }
        must(read_bytes(&ph_poollog_poolmon, text.data, text.size, 0, &reading));
        assert_int_equal(reading.count, SNAPSHOTS);
        for (size_t s = 0; s < SNAPSHOTS; s++) {
            assert_int_equal(reading.samples[s].count, TAGS);
            assert_int_equal(reading.samples[s].segment, 0);
            assert_int_equal(reading.samples[s].memory.total, (33473120 + (int64_t)s) * 1024);
            assert_int_equal(reading.samples[s].pools[PH_POOL_NONPAGED].bytes,
                             (1000 + (int64_t)s) * 1024);
            for (size_t i = 0; i < TAGS; i++) {
                const struct truth *tag = &tags[s][i];
                const struct ph_value *value =
                    value_of(&reading, s, tag->paged ? PH_POOL_PAGED : PH_POOL_NONPAGED, tag->tag);
                assert_int_equal(value->allocs, tag->allocs);
                assert_int_equal(value->frees, tag->frees);
                assert_int_equal(value->objects, tag->allocs - tag->frees);
                assert_int_equal(value->bytes, tag->bytes);
            }
        }
        expect_no_loss(&reading);
    }
}

/* --- memory --- */

static void survives(const struct ph_poollog_kind *kind, const char *text)
{
    bool done = false;

    for (long n = 0; n < 3000 && !done; n++) {
        PH_GUARD(reading_fini) struct reading reading = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = read_bytes(kind, text, strlen(text), 0, &reading);
        ph_mem_fail_after(-1);
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        done = !error;
        ph_error_free(error);
    }
    assert_true(done);
}

static void memory_fails(void **state)
{
    (void)state;
    survives(
        &ph_poollog_poolmon,
        "01/02/2026 10:00\n Memory:1K Avail:1K\n AAAA Nonp 10 5 5 500 100\n AAAA Nonp 1 0 1 5 "
        "5\n nonsense\n BBBB Nonp 10 5\n01/03/2026 11:00\n Memory:1K Avail:1K\n AAAA Nonp 12 5 "
        "7 700 100\n CCCC Paged 12 5 9 700 100\n");
    survives(&ph_poollog_memsnap,
             "AAAA Nonp 10 5 5 500 100\nBBBB Nonp 10 6 4 400 100\n\nBBBB Nonp 12 6 6 600 100\n");
    survives(NULL, "time,tag,pool,allocs,frees,diff,bytes\n2026-01-02 10:00,b,Nonp,10,5,7,500\n"
                   "2026-01-02 09:00,a,Paged,10,5,5,500\nx,a,Paged,10,5,5,500\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_rows),       cmocka_unit_test(encodings),
        cmocka_unit_test(mixed_encoding),     cmocka_unit_test(odd_utf16),
        cmocka_unit_test(full_buffer),        cmocka_unit_test(nothing_in_it),
        cmocka_unit_test(long_lines),         cmocka_unit_test(empty_filter),
        cmocka_unit_test(changes_while_read), cmocka_unit_test(written_is_read),
        cmocka_unit_test(memory_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
