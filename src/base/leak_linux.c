#include "base/leak.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

enum { OWN_DESCRIPTORS = 64 };

uint64_t ph_leak_prepare(uint64_t count)
{
    struct rlimit limit;
    rlim_t wanted = count + OWN_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 0;
    if (limit.rlim_cur < wanted) {
        struct rlimit higher = {wanted, wanted > limit.rlim_max ? wanted : limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &higher)) { /* raising the hard limit needs a privilege */
            higher.rlim_cur = higher.rlim_max = limit.rlim_max;
            (void)setrlimit(RLIMIT_NOFILE, &higher);
        }
        if (getrlimit(RLIMIT_NOFILE, &limit))
            return 0;
    }
    uint64_t possible = limit.rlim_cur > OWN_DESCRIPTORS ? limit.rlim_cur - OWN_DESCRIPTORS : 0;
    return possible < count ? possible : count;
}

struct ph_error *ph_leak_one(enum ph_leak_kind kind)
{
    int fd = -1;

    switch (kind) {
    case PH_LEAK_EVENTFD:
        fd = eventfd(0, EFD_CLOEXEC);
        break;
    case PH_LEAK_TIMER:
        fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
        break;
    case PH_LEAK_SOCKET:
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* never bound, never sends */
        break;
    }
    return fd < 0 ? ph_error_errno(errno, "cannot make another kernel object") : NULL;
}
