#include "base/leak.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

enum { OWN_DESCRIPTORS = 64 };
enum { EVENTFD, TIMER, SOCKET };

static const char *const eventfd_tags[] = {"filp", NULL};
static const char *const timer_tags[] = {"filp", NULL};
static const char *const socket_tags[] = {"filp", "sock_inode_cache", "UDP", NULL};

const struct ph_leak_kind ph_leak_kinds[PH_LEAK_KINDS] = {
    [EVENTFD] = {"eventfd", "eventfds", eventfd_tags},
    [TIMER] = {"timer", "timerfds", timer_tags},
    [SOCKET] = {"socket", "UDP sockets", socket_tags},
};

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

struct ph_error *ph_leak_one(size_t kind)
{
    int fd = -1;

    switch (kind) {
    case EVENTFD:
        fd = eventfd(0, EFD_CLOEXEC);
        break;
    case TIMER:
        fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
        break;
    case SOCKET:
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* never bound, never sends */
        break;
    }
    return fd < 0 ? ph_error_errno(errno, "cannot make another kernel object") : NULL;
}

void ph_leak_end(void)
{
    /* the child has ended, and its descriptors with it */
}
