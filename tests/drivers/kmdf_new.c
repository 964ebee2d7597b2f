/* Idiom 14, newer stub library: WdfFunctions is a pointer to the table. The driver names its tag.
 */
#include "kmdf.h"

FIXTURE

void **WdfFunctions;
void *WdfDriverGlobals;
static const WCHAR COMPONENT[] = u"KmdfLibrary";
static struct bind_info bind = {sizeof(bind), COMPONENT, 1, 33, 0, 474, &WdfFunctions, 0};
static void *handle, *memory;

NOINLINE int create(void *driver, UNICODE_STRING *path)
{
    struct driver_config config = {sizeof(config), (void *)kept, 0, 0, TAG('K', 'm', 'D', 'r')};

    return ((driver_create *)WdfFunctions[WdfDriverCreateIndex])(WdfDriverGlobals, driver, path, 0,
                                                                 &config, &handle);
}

NOINLINE int create_memory(SIZE_T size)
{
    int status = ((memory_create *)WdfFunctions[WdfMemoryCreateIndex])(
        WdfDriverGlobals, 0, NonPagedPoolNx, TAG('K', 'm', 'M', 'e'), size, &handle, &memory);

    return status ? status
                  : ((lookaside_create *)WdfFunctions[WdfLookasideListCreateIndex])(
                        WdfDriverGlobals, 0, 128, PagedPool, 0, TAG('K', 'm', 'L', 'k'), &handle);
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    int status = WdfVersionBind(driver, path, &bind, &WdfDriverGlobals);
    if (!status)
        status = create(driver, path);
    return status ? status : create_memory(unknown());
}
