/* base/os_linux: files, handles that are read again, directories, atomic writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"

static char directory[] = "/tmp/poolhound-test-XXXXXX";

static char *in_directory(const char *name)
{
    char *path = ph_format("%s/%s", directory, name);

    assert_non_null(path);
    return path;
}

static void put(const char *path, const char *content, const char *mode)
{
    FILE *file = fopen(path, mode);

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void whole_files(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *path = in_directory("whole");

    (void)state;
    put(path, "0123456789", "w");
    ph_text_puts(&text, "before ");
    assert_null(ph_read_file(path, 10, &text));
    assert_string_equal(text.data, "before 0123456789");
    ph_autoerror struct ph_error *longer = ph_read_file(path, 9, &text);
    assert_int_equal(longer->code, PH_ERR_FORMAT);
    assert_non_null(strstr(longer->text, path));

    /* files of /proc say they are empty */
    ph_text_clear(&text);
    assert_null(ph_read_file("/proc/meminfo", 1 << 20, &text));
    assert_non_null(strstr(text.data, "MemTotal:"));
}

static void files_that_cannot_be_read(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    ph_autoerror struct ph_error *missing = ph_read_file("/nonexistent/x", 100, &text);
    assert_int_equal(missing->code, PH_ERR_NOT_FOUND);
    assert_string_equal(missing->text, "/nonexistent/x: cannot open: No such file or directory");
    ph_autoerror struct ph_error *folder = ph_read_file(directory, 100, &text);
    assert_int_equal(folder->code, PH_ERR_USAGE);
    struct ph_handle *handle = NULL;
    ph_autoerror struct ph_error *none = ph_handle_open("/nonexistent/x", &handle);
    assert_int_equal(none->code, PH_ERR_NOT_FOUND);
    assert_null(handle);
}

static void a_large_file(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *path = in_directory("large");
    FILE *file = fopen(path, "w");

    (void)state;
    assert_non_null(file);
    for (int i = 0; i < 100000; i++)
        (void)fprintf(file, "line %d\n", i);
    assert_int_equal(fclose(file), 0);
    assert_null(ph_read_file(path, 64 << 20, &text));
    assert_memory_equal(text.data + text.size - 11, "line 99999\n", 11);

    for (long n = 0;; n++) {
        PH_GUARD(ph_text_fini) struct ph_text again = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_read_file(path, 64 << 20, &again);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
}

static void a_handle_is_read_again(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    ph_autofree char *path = in_directory("again");
    char head[4];
    size_t size = 0;

    (void)state;
    put(path, "first", "w");
    assert_null(ph_handle_open(path, &handle));
    assert_null(ph_handle_read(handle, &text));
    assert_string_equal(text.data, "first");
    put(path, " and more", "a"); /* the file changes between two readings */
    assert_null(ph_handle_read(handle, &text));
    assert_string_equal(text.data, "first and more");
    assert_null(ph_handle_head(handle, head, sizeof(head), &size));
    assert_int_equal(size, 4);
    assert_memory_equal(head, "firs", 4);
    put(path, "", "w");
    assert_null(ph_handle_read(handle, &text));
    assert_int_equal(text.size, 0);
}

static void the_kernel_is_read_again(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;

    (void)state;
    assert_null(ph_handle_open("/proc/uptime", &handle));
    assert_null(ph_handle_read(handle, &text));
    double before = strtod(text.data, NULL);
    ph_sleep_until(ph_boottime_ns() + 30 * PH_SECOND / 1000);
    assert_null(ph_handle_read(handle, &text));
    assert_true(strtod(text.data, NULL) > before);
}

static void a_handle_without_memory(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_handle_open("/proc/meminfo", &handle);
        if (!error)
            error = ph_handle_read(handle, &text);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_true(n < 20);
    }
}

static void kinds_and_facts(void **state)
{
    ph_autofree char *file = in_directory("kind"), *link = in_directory("kind-link"),
                     *fifo = in_directory("kind-fifo");
    uint64_t size = 0;
    int64_t modified = 0;

    (void)state;
    put(file, "12345", "w");
    assert_int_equal(symlink(directory, link), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(ph_file_kind(file), PH_FILE_REGULAR);
    assert_int_equal(ph_file_kind(directory), PH_FILE_DIRECTORY);
    assert_int_equal(ph_file_kind(link), PH_FILE_DIRECTORY); /* follows */
    assert_int_equal(ph_file_kind(fifo), PH_FILE_OTHER);
    assert_int_equal(ph_file_kind("/nonexistent"), PH_FILE_NONE);
    assert_true(ph_file_facts(file, &size, &modified));
    assert_int_equal(size, 5);
    assert_true(llabs(modified - ph_realtime_ns()) < PH_MINUTE);
    assert_false(ph_file_facts("/nonexistent", &size, &modified));

    ph_autofree char *target = NULL;
    assert_null(ph_read_link(link, &target));
    assert_string_equal(target, directory);
    char *none = NULL;
    ph_autoerror struct ph_error *error = ph_read_link(file, &none);
    assert_non_null(error);
    assert_null(none);
}

struct seen {
    int files, directories, links;
    int stop_after;
};

static struct ph_error *count(void *context, const char *name, enum ph_file_kind kind)
{
    struct seen *seen = context;

    assert_int_not_equal(name[0], '.');
    seen->files += kind == PH_FILE_REGULAR;
    seen->directories += kind == PH_FILE_DIRECTORY;
    seen->links += kind == PH_FILE_LINK;
    return --seen->stop_after == 0 ? ph_errorf(PH_ERR_BUSY, "enough") : NULL;
}

static void listing(void **state)
{
    ph_autofree char *folder = in_directory("list"), *sub = in_directory("list/sub/deep"),
                     *file = in_directory("list/file"), *link = in_directory("list/link");
    struct seen seen = {0};

    (void)state;
    assert_null(ph_make_directories(sub));
    assert_null(ph_make_directories(sub)); /* there already: fine */
    put(file, "", "w");
    assert_int_equal(symlink("file", link), 0);
    assert_null(ph_list_directory(folder, count, &seen));
    assert_int_equal(seen.files, 1);
    assert_int_equal(seen.directories, 1);
    assert_int_equal(seen.links, 1);

    struct seen one = {.stop_after = 1};
    ph_autoerror struct ph_error *stopped = ph_list_directory(folder, count, &one);
    assert_int_equal(stopped->code, PH_ERR_BUSY);
    assert_int_equal(one.files + one.directories + one.links, 1);
    ph_autoerror struct ph_error *missing = ph_list_directory("/nonexistent", count, &one);
    assert_int_equal(missing->code, PH_ERR_NOT_FOUND);

    struct stat facts;
    assert_int_equal(stat(sub, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
}

static void a_file_is_no_directory(void **state)
{
    ph_autofree char *file = in_directory("blocker"), *below = in_directory("blocker/x");

    (void)state;
    put(file, "", "w");
    ph_autoerror struct ph_error *through = ph_make_directories(below);
    assert_non_null(through);
    ph_autoerror struct ph_error *itself = ph_make_directories(file);
    assert_non_null(itself);
    ph_autoerror struct ph_error *nothing = ph_make_directories("");
    assert_non_null(nothing);
}

static void atomic_writes(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *folder = in_directory("atomic"), *path = in_directory("atomic/out");
    struct seen seen = {0};
    struct stat facts;

    (void)state;
    assert_null(ph_make_directories(folder));
    assert_null(ph_write_file(path, ph_slice_of("old")));
    assert_null(ph_write_file(path, (struct ph_slice){"n\0w", 3}));
    assert_null(ph_read_file(path, 100, &text));
    assert_int_equal(text.size, 3);
    assert_memory_equal(text.data, "n\0w", 3);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0111, 0);
    assert_null(ph_list_directory(folder, count, &seen));
    assert_int_equal(seen.files, 1); /* no temporary file is left */
}

/* A file renamed over a device or a link would take its place. */
static void writes_to_devices_and_through_links(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *folder = in_directory("links"), *path = in_directory("links/real"),
                     *link = in_directory("links/link");
    struct stat facts;

    (void)state;
    assert_null(ph_make_directories(folder));
    assert_null(ph_write_file(path, ph_slice_of("old")));
    assert_int_equal(symlink("real", link), 0);
    assert_null(ph_write_file(link, ph_slice_of("new")));
    assert_int_equal(lstat(link, &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
    assert_null(ph_read_file(path, 100, &text));
    assert_string_equal(text.data, "new");
    assert_null(ph_write_file("/dev/null", ph_slice_of("nothing")));
    assert_int_equal(stat("/dev/null", &facts), 0);
    assert_true(S_ISCHR(facts.st_mode));
    ph_autoerror struct ph_error *full = ph_write_file("/dev/full", ph_slice_of("much"));
    assert_non_null(full);
    assert_non_null(strstr(full->text, "/dev/full"));
    ph_autoerror struct ph_error *directory = ph_write_file(folder, ph_slice_of("x"));
    assert_non_null(directory);
}

static void appends(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *folder = in_directory("append"), *path = in_directory("append/log");

    (void)state;
    assert_null(ph_make_directories(folder));
    assert_null(ph_append_file(path, ph_slice_of("one\n")));
    assert_null(ph_append_file(path, ph_slice_of("two\n")));
    assert_null(ph_read_file(path, 100, &text));
    assert_string_equal(text.data, "one\ntwo\n");
    ph_autoerror struct ph_error *full = ph_append_file("/dev/full", ph_slice_of("much"));
    assert_non_null(full);
    ph_autoerror struct ph_error *nowhere = ph_append_file("/nowhere/x", ph_slice_of("much"));
    assert_non_null(nowhere);
    assert_non_null(strstr(nowhere->text, "/nowhere/x"));
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    ph_autofree char *folder = in_directory("failed"), *taken = in_directory("failed/taken");
    struct seen seen = {0};

    (void)state;
    assert_null(ph_make_directories(taken)); /* a directory stands where the file would go */
    ph_autoerror struct ph_error *error = ph_write_file(taken, ph_slice_of("x"));
    assert_non_null(error);
    assert_int_equal(ph_file_kind(taken), PH_FILE_DIRECTORY);
    assert_null(ph_list_directory(folder, count, &seen));
    assert_int_equal(seen.files, 0);
    ph_autoerror struct ph_error *nowhere = ph_write_file("/nonexistent/x", ph_slice_of("x"));
    assert_int_equal(nowhere->code, PH_ERR_NOT_FOUND);
    if (access("/dev/full", W_OK) == 0) {
        ph_autoerror struct ph_error *full = ph_write_file("/dev/full/x", ph_slice_of("x"));
        assert_non_null(full);
    }
}

static void state_directory(void **state)
{
    ph_autofree char *home = in_directory("home"), *xdg = in_directory("xdg");

    (void)state;
    ph_autofree char *kept_xdg =
        getenv("XDG_STATE_HOME") ? ph_strdup(getenv("XDG_STATE_HOME")) : NULL;
    ph_autofree char *path = NULL;
    assert_int_equal(setenv("XDG_STATE_HOME", xdg, 1), 0);
    assert_null(ph_state_directory(&path));
    ph_autofree char *expected = ph_format("%s/poolhound", xdg);
    assert_string_equal(path, expected);
    assert_int_equal(ph_file_kind(path), PH_FILE_DIRECTORY);

    assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
    if (geteuid() != 0) { /* root's is /var/lib: no test writes there */
        ph_autofree char *kept_home = getenv("HOME") ? ph_strdup(getenv("HOME")) : NULL;
        ph_autofree char *below = NULL;
        assert_int_equal(setenv("HOME", home, 1), 0);
        assert_null(ph_state_directory(&below));
        ph_autofree char *local = ph_format("%s/.local/state/poolhound", home);
        assert_string_equal(below, local);
        char *none = NULL;
        assert_int_equal(unsetenv("HOME"), 0);
        ph_autoerror struct ph_error *homeless = ph_state_directory(&none);
        assert_int_equal(homeless->code, PH_ERR_NOT_FOUND);
        assert_null(none);
        if (kept_home)
            assert_int_equal(setenv("HOME", kept_home, 1), 0);
    }
    if (kept_xdg)
        assert_int_equal(setenv("XDG_STATE_HOME", kept_xdg, 1), 0);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static int remove_directory(void **state)
{
    (void)state;
    return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(a_large_file),
        cmocka_unit_test(a_handle_is_read_again),
        cmocka_unit_test(the_kernel_is_read_again),
        cmocka_unit_test(a_handle_without_memory),
        cmocka_unit_test(kinds_and_facts),
        cmocka_unit_test(listing),
        cmocka_unit_test(a_file_is_no_directory),
        cmocka_unit_test(atomic_writes),
        cmocka_unit_test(writes_to_devices_and_through_links),
        cmocka_unit_test(appends),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(state_directory),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
