/* kmdf.h - what a KMDF driver's stub library brings along, as far as the scan sees it: the bind
 * information that names the framework, and calls through its function table by index. From the
 * framework's public headers: WDF_BIND_INFO, WDF_DRIVER_CONFIG, the enumeration of functions. */
#ifndef KMDF_H
#define KMDF_H

#include "fixture.h"

enum { WdfDriverCreateIndex = 116, WdfMemoryCreateIndex = 192, WdfLookasideListCreateIndex = 198 };

struct bind_info {
    ULONG size;
    const WCHAR *component;
    ULONG major, minor, build;
    ULONG function_count;
    void *function_table;
    void *module;
};
struct driver_config {
    ULONG size;
    void *device_add, *unload;
    ULONG flags, pool_tag;
};

typedef int STD driver_create(void *globals, void *driver, UNICODE_STRING *path, void *attributes,
                              struct driver_config *config, void **handle);
typedef int STD memory_create(void *globals, void *attributes, int type, ULONG tag, SIZE_T size,
                              void **handle, void **memory);
typedef int STD lookaside_create(void *globals, void *attributes, SIZE_T size, int type,
                                 void *memory_attributes, ULONG tag, void **handle);

#endif
