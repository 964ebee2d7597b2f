/* source/windows: the lists of drivers, handles, types of objects and processes. */
#include "base/text.h"
#include "source/windows/handles_nt.h"
#include "source/windows/modules_nt.h"
#include "source/windows/objects_nt.h"
#include "source/windows/processes_nt.h"
#include "unit/source/nt_lists_build.h"

static const unsigned WIDTHS[] = {4, 8};

#define EACH_WIDTH(list)                                                                           \
    for (size_t width = 0; width < 2; width++)                                                     \
        for (PH_GUARD(nt_list_fini) struct nt_list list = {.address = 0x7fff0040,                  \
                                                          .pointer_bytes = WIDTHS[width]};         \
             list.pointer_bytes; list.pointer_bytes = 0)

static void expect_format(struct ph_error *error, const char *words)
{
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_FORMAT);
    assert_non_null(strstr(error->text, words));
    ph_error_free(error);
}

/* ------------------------------------------------------------------ drivers */

static void drivers(void **state)
{
    char longest[300];

    (void)state;
    memset(longest, 'x', sizeof(longest));
    longest[299] = 0;
    EACH_WIDTH(list)
    {
        size_t count;
        uint64_t missing;
        struct ph_nt_module module;
        nt_module(&list, "\\SystemRoot\\system32\\ntoskrnl.exe", 0x80200000, 0x1046000);
        nt_module(&list, longest, 0, 4096);
        struct ph_nt_answer answer = nt_answer(&list);
        assert_null(ph_nt_modules_count(&answer, &count, &missing));
        assert_int_equal(count, 2);
        assert_int_equal(missing, 0);
        ph_nt_modules_at(&answer, 0, &module);
        assert_true(ph_slice_is(module.path, "\\SystemRoot\\system32\\ntoskrnl.exe"));
        assert_int_equal(module.address, 0x80200000);
        assert_int_equal(module.bytes, 0x1046000);
        ph_nt_modules_at(&answer, 1, &module);
        assert_int_equal(module.path.size, 256); /* without its 0 */
        assert_int_equal(module.address, 0);
    }
}

static void drivers_that_lie(void **state)
{
    (void)state;
    EACH_WIDTH(list)
    {
        size_t count;
        uint64_t missing;
        nt_module(&list, "a.sys", 1, 2);
        nt_put_number(&list, 0, 0xffffffff, 4);
        struct ph_nt_answer answer = nt_answer(&list);
        assert_null(ph_nt_modules_count(&answer, &count, &missing));
        assert_int_equal(count, 1);
        assert_int_equal(missing, 0xfffffffe);
        answer.bytes.size--;
        assert_null(ph_nt_modules_count(&answer, &count, &missing));
        assert_int_equal(count, 0);
        answer.bytes.size = list.pointer_bytes - 1;
        expect_format(ph_nt_modules_count(&answer, &count, &missing), "loaded drivers");
    }
}

static void paths(void **state)
{
    static const struct {
        const char *given, *path;
    } PATHS[] = {
        {"\\SystemRoot\\system32\\drivers\\a.sys", "D:\\Win\\system32\\drivers\\a.sys"},
        {"\\systemroot\\a.sys", "D:\\Win\\a.sys"},
        {"%SystemRoot%\\system32\\a.sys", "D:\\Win\\system32\\a.sys"},
        {"%windir%\\a.sys", "D:\\Win\\a.sys"},
        {"\\??\\C:\\Program Files\\b c\\d.sys", "C:\\Program Files\\b c\\d.sys"},
        {"\\??\\UNC\\server\\share\\e.sys", "\\\\server\\share\\e.sys"},
        {"\\GLOBAL??\\C:\\f.sys", "C:\\f.sys"},
        {"\\DosDevices\\C:\\f.sys", "C:\\f.sys"},
        {"\\Device\\HarddiskVolume3\\g.sys", "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3\\g.sys"},
        {"\\Windows\\system32\\hal.dll", "D:\\Windows\\system32\\hal.dll"},
        {"\\\\server\\share\\h.sys", "\\\\server\\share\\h.sys"},
        {"system32\\DRIVERS\\i.sys", "D:\\Win\\system32\\DRIVERS\\i.sys"},
        {"\\??\\/tmp/j.sys", "/tmp/j.sys"},
        {"/tmp/j.sys", "/tmp/j.sys"},
        {"C:\\k.sys", "C:\\k.sys"},
        {"l.sys", "D:\\Win\\system32\\drivers\\l.sys"},
        {"", "D:\\Win\\system32\\drivers\\"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++) {
        ph_autofree char *path = NULL;
        assert_null(ph_nt_path(ph_slice_of(PATHS[i].given), "D:\\Win", &path));
        assert_string_equal(path, PATHS[i].path);
    }
    for (long n = 0;; n++) {
        ph_autofree char *path = NULL;
        ph_mem_fail_after(n);
        struct ph_error *error = ph_nt_path(ph_slice_of("l.sys"), "D:\\Win", &path);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        assert_null(path);
        ph_error_free(error);
    }
}

/* ------------------------------------------------------------------ handles */

static void handles(void **state)
{
    (void)state;
    EACH_WIDTH(list)
    {
        size_t count;
        uint64_t missing;
        struct ph_nt_handle handle;
        nt_handles(&list, 4, 7, 1);
        nt_handles(&list, 0x12345678, 0x123, 2);
        struct ph_nt_answer answer = nt_answer(&list);
        assert_null(ph_nt_handles_count(&answer, &count, &missing));
        assert_int_equal(count, 3);
        assert_int_equal(missing, 0);
        ph_nt_handles_at(&answer, 2, &handle);
        assert_int_equal(handle.pid, 0x12345678);
        assert_int_equal(handle.type, 0x123);
        assert_int_equal(handle.object, 0x80001080);
        nt_put_pointer(&list, 0, 5);
        answer.bytes.size--;
        assert_null(ph_nt_handles_count(&answer, &count, &missing));
        assert_int_equal(count, 2);
        assert_int_equal(missing, 3);
        answer.bytes.size = list.pointer_bytes;
        expect_format(ph_nt_handles_count(&answer, &count, &missing), "list of handles");
    }
}

/* ------------------------------------------------------------------ types */

static void types(void **state)
{
    (void)state;
    EACH_WIDTH(list)
    {
        PH_GUARD(ph_nt_types_fini) struct ph_nt_types types = {0};
        nt_type(&list, "Type", 2, 70, 0);
        nt_type(&list, "Token", 5, 12000, 300);
        nt_type(&list, "Job", 0, 3, 4); /* of a Windows that does not tell the index */
        struct ph_nt_answer answer = nt_answer(&list);
        assert_null(ph_nt_types_parse(&answer, &types));
        assert_int_equal(types.count, 3);
        assert_string_equal(types.items[1].name, "Token");
        assert_int_equal(types.items[1].index, 5);
        assert_int_equal(types.items[1].objects, 12000);
        assert_int_equal(types.items[1].handles, 300);
        assert_int_equal(types.items[1].objects_most, 12007);
        assert_int_equal(types.items[1].handles_most, 309);
        assert_string_equal(types.items[2].name, "Job");
        assert_int_equal(types.items[2].index, 4);
    }
}

static void types_that_lie(void **state)
{
    (void)state;
    EACH_WIDTH(list)
    {
        struct ph_nt_types types = {0};
        nt_type(&list, "Type", 2, 70, 0);
        nt_type(&list, "Token", 5, 12000, 300);
        struct ph_nt_answer answer = nt_answer(&list);
        size_t first = list.pointer_bytes + nt_by(&list, 96, 104) + 8; /* its name included */
        for (size_t size = 0; size < list.text.size - 2; size++) {
            answer.bytes.size = size;
            if (size < first) {
                expect_format(ph_nt_types_parse(&answer, &types), "types of objects");
                assert_null(types.items);
                continue;
            }
            assert_null(ph_nt_types_parse(&answer, &types)); /* what is whole is kept */
            assert_int_equal(types.count, 1);
            assert_int_equal(types.missing, 1);
            ph_nt_types_fini(&types);
        }
        answer = nt_answer(&list);
        answer.address += 4096; /* the names lie before the answer */
        expect_format(ph_nt_types_parse(&answer, &types), "type 0");
        nt_put_number(&list, 0, 257, 4);
        answer = nt_answer(&list);
        expect_format(ph_nt_types_parse(&answer, &types), "257 of them");
        nt_put_number(&list, 0, 2, 4);
        /* a name that lies before: the list would go round in circles */
        nt_put_pointer(&list, 2 * (size_t)list.pointer_bytes, list.address);
        answer = nt_answer(&list);
        expect_format(ph_nt_types_parse(&answer, &types), "type 0");
    }
}

static void types_without_memory(void **state)
{
    PH_GUARD(nt_list_fini) struct nt_list list = {.address = 4096, .pointer_bytes = 8};

    (void)state;
    nt_type(&list, "Token", 5, 12000, 300);
    struct ph_nt_answer answer = nt_answer(&list);
    for (long n = 0;; n++) {
        PH_GUARD(ph_nt_types_fini) struct ph_nt_types types = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_nt_types_parse(&answer, &types);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
}

/* ------------------------------------------------------------------ processes */

static void processes(void **state)
{
    (void)state;
    EACH_WIDTH(list)
    {
        struct ph_nt_process process;
        size_t at = 0;
        bool more;
        nt_process(&list, 0, 2, 0, NULL);
        nt_process(&list, 812, 3, 0x1db000000000001, "a.exe");
        struct ph_nt_answer answer = nt_answer(&list);
        assert_null(ph_nt_processes_next(&answer, &at, &more, &process));
        assert_true(more);
        assert_int_equal(process.pid, 0);
        assert_int_equal(process.name.size, 0);
        assert_null(ph_nt_processes_next(&answer, &at, &more, &process));
        assert_true(more);
        assert_int_equal(process.pid, 812);
        assert_int_equal(process.threads, 3);
        assert_int_equal(process.handles, 4060);
        assert_int_equal(process.created, 0x1db000000000001);
        assert_int_equal(process.name.size, 10);
        assert_memory_equal(process.name.data, "a\0.\0e\0x\0e", 9);
        assert_null(ph_nt_processes_next(&answer, &at, &more, &process));
        assert_false(more);
    }
}

static void processes_that_lie(void **state)
{
    (void)state;
    EACH_WIDTH(list)
    {
        struct ph_nt_process process;
        size_t at = 0;
        bool more;
        nt_process(&list, 4, 1, 1, "System");
        struct ph_nt_answer answer = nt_answer(&list);
        answer.address += list.text.size; /* the name lies outside: its numbers stay */
        assert_null(ph_nt_processes_next(&answer, &at, &more, &process));
        assert_int_equal(process.pid, 4);
        assert_int_equal(process.name.size, 0);
        nt_put_number(&list, 0, 8, 4); /* into itself */
        answer = nt_answer(&list);
        at = 0;
        expect_format(ph_nt_processes_next(&answer, &at, &more, &process), "byte 0");
        nt_put_number(&list, 0, 0xfffffff0, 4);
        at = 0;
        expect_format(ph_nt_processes_next(&answer, &at, &more, &process), "byte 0");
        nt_put_number(&list, 0, list.text.size, 4);
        answer = nt_answer(&list);
        at = 0;
        assert_null(ph_nt_processes_next(&answer, &at, &more, &process));
        expect_format(ph_nt_processes_next(&answer, &at, &more, &process), "list of processes");
        answer.bytes.size = 100;
        at = 0;
        expect_format(ph_nt_processes_next(&answer, &at, &more, &process), "byte 0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drivers),
        cmocka_unit_test(drivers_that_lie),
        cmocka_unit_test(paths),
        cmocka_unit_test(handles),
        cmocka_unit_test(types),
        cmocka_unit_test(types_that_lie),
        cmocka_unit_test(types_without_memory),
        cmocka_unit_test(processes),
        cmocka_unit_test(processes_that_lie),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
