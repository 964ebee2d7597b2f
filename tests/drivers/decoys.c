/* Drivers that merely contain the bytes of a tag, built three times: as text, as a constant in
 * data, and as the immediate of a comparison. A search for text names all of them owners of `Decy`.
 */
#include "fixture.h"

FIXTURE

#if defined(DECOY_TEXT)
const char message[] = "the pool of Decy objects is exhausted";
const WCHAR wide_message[] = u"a Decy object";
#define USE (kept = unknown() & 1 ? (void *)message : (void *)wide_message)
#elif defined(DECOY_DATA)
const ULONG magic[] = {0x10, TAG('D', 'e', 'c', 'y'), 0x20, 7};
#define USE (unknown_value = magic[unknown() & 3])
#elif defined(DECOY_COMPARE)
#define USE (kept = unknown() == TAG('D', 'e', 'c', 'y') ? (void *)path : (void *)driver)
#endif

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    (void)driver;
    begin(path);
    keep(ExAllocatePoolWithTag(PagedPool, unknown(), TAG('R', 'e', 'a', 'l')));
    USE;
    return 0;
}
