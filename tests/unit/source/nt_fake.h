/* nt_fake.h - a Windows kernel for tests: answers the questions with lists that a test fills in,
 * laid out for the address that the caller gives. */
#ifndef PH_TESTS_NT_FAKE_H
#define PH_TESTS_NT_FAKE_H

#include "source/windows/nt.h"
#include "unit/source/nt_lists_build.h"

struct nt_fake {
    unsigned pointer_bytes;
    void (*modules)(struct nt_list *list);
    void (*handles)(struct nt_list *list);
    void (*types)(struct nt_list *list);
    void (*processes)(struct nt_list *list);
    void (*blocks)(struct nt_list *list);
    void (*lookaside)(struct nt_list *list);
    uint32_t status; /* instead of an answer that has no function; 0: this Windows has it not */
    unsigned asked;  /* how often */
};

static inline uint32_t nt_fake_answer(struct nt_fake *fake, void (*fill)(struct nt_list *list),
                                      void *bytes, size_t size, uint32_t *returned)
{
    struct nt_list list = {.address = (uintptr_t)bytes, .pointer_bytes = fake->pointer_bytes};
    uint32_t status = 0;

    fake->asked++;
    *returned = 0;
    if (!fill)
        return fake->status ? fake->status : PH_NT_INFO_CLASS;
    if (fake->pointer_bytes == 4) /* an address of 64 bits does not fit: only without strings */
        list.address = (uint32_t)list.address;
    fill(&list);
    *returned = (uint32_t)list.text.size;
    if (list.text.size > size)
        status = PH_NT_LENGTH_MISMATCH;
    else
        memcpy(bytes, list.text.data, list.text.size);
    nt_list_fini(&list);
    return status;
}

static inline uint32_t nt_fake_system(void *context, uint32_t which, void *bytes, size_t size,
                                      uint32_t *returned)
{
    struct nt_fake *fake = context;

    return nt_fake_answer(fake,
                          which == PH_NT_MODULES     ? fake->modules
                          : which == PH_NT_HANDLES   ? fake->handles
                          : which == PH_NT_PROCESSES ? fake->processes
                          : which == PH_NT_BIG_POOL  ? fake->blocks
                          : which == PH_NT_LOOKASIDE ? fake->lookaside
                                                     : NULL,
                          bytes, size, returned);
}

static inline uint32_t nt_fake_types(void *context, void *bytes, size_t size, uint32_t *returned)
{
    struct nt_fake *fake = context;

    return nt_fake_answer(fake, fake->types, bytes, size, returned);
}

static inline struct ph_nt nt_fake_kernel(struct nt_fake *fake)
{
    return (struct ph_nt){
        .context = fake,
        .pointer_bytes = fake->pointer_bytes,
        .system = nt_fake_system,
        .object_types = nt_fake_types,
    };
}

#endif
