/* Idiom 14, older stub library: the table is an array in the driver. No tag is named, so memory has
 * the driver's default tag: the first four characters of its service name. */
#include "kmdf.h"

FIXTURE

void *WdfFunctions[396] = {(void *)1}; /* in .data, not zero-filled */
void *WdfDriverGlobals;
static const WCHAR COMPONENT[] = u"KmdfLibrary";
static struct bind_info bind = {sizeof(bind), COMPONENT, 1, 9, 7600, 396, WdfFunctions, 0};
static void *handle, *memory;

NOINLINE int create(void *driver, UNICODE_STRING *path)
{
    struct driver_config config = {sizeof(config), (void *)kept, 0, 0, 0};

    return ((driver_create *)WdfFunctions[WdfDriverCreateIndex])(WdfDriverGlobals, driver, path, 0,
                                                                 &config, &handle);
}

NOINLINE int create_memory(SIZE_T size)
{
    return ((memory_create *)WdfFunctions[WdfMemoryCreateIndex])(WdfDriverGlobals, 0, PagedPool, 0,
                                                                 size, &handle, &memory);
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    int status = WdfVersionBind(driver, path, &bind, &WdfDriverGlobals);
    if (!status)
        status = create(driver, path);
    return status ? status : create_memory(unknown());
}
