#include "owner/windows/objecttag.h"

#include <string.h>

void ph_object_tag(const char *type, uint8_t tag[4])
{
    /* The type of types is older than the rule: its tag is told apart, and no name begins so. */
    const char *name = strcmp(type, "Type") != 0 ? type : "ObjT";
    size_t length = strnlen(name, 4);

    memset(tag, ' ', 4);
    memcpy(tag, name, length);
}

const char *ph_object_kept_by(const uint8_t tag[4])
{
    static const struct {
        char tag[5];
        const char *words;
    } WHY[] = {
        {"Toke", "each process and each thread that acts for a client keeps one; more than that is "
                 "kept by logon sessions, by the file server, or by a driver that does not give up "
                 "its reference"},
        {"Proc", "a driver that does not give up its reference keeps a process that has ended"},
        {"Thre", "a driver that does not give up its reference keeps a thread that has ended"},
        {"File", "the cache and mapped files keep files without a handle, and so does a driver "
                 "that does not give up its reference"},
        {"Sect", "mapped views keep them"},
        {"Key ", "the registry's own caches keep some"},
        {"Even", "the kernel and drivers make some for themselves"},
        {"EtwR", "drivers that write events have one each"},
    };

    for (size_t i = 0; i < sizeof(WHY) / sizeof(WHY[0]); i++)
        if (!memcmp(WHY[i].tag, tag, 4))
            return WHY[i].words;
    return "references inside the kernel keep them: those of drivers, or of other objects";
}
