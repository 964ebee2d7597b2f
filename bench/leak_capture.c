/* leak_capture.c - records this kernel's slab caches once a second while it leaks, or does not.
 *
 *     leak_capture SECONDS leak|control > bench/data/NAME.slab
 *     leak_capture label
 *
 * The leak is safe: file descriptors of one process, below a ceiling, gone when it ends. 20
 * eventfds a second, 300 timerfds every 45 s, and 10 UDP sockets a second from half time on.
 * `label` finds out by experiment which caches such a leak must grow: it opens 4,000 descriptors of
 * one kind at a time and prints the caches that rise by at least 80 % of that, in each of three
 * rounds.
 *
 * Format of a capture, text:
 *     # free comment
 *     c NUMBER NAME OBJECT_BYTES RECLAIMABLE      one line a cache
 *     t SECOND NUMBER:DELTA ...                   active objects that changed since the line before
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CACHES_MAX = 1024, NAME_MAX_BYTES = 64, CEILING = 19000 };

struct cache {
    char name[NAME_MAX_BYTES];
    long objects;
    long last;
    unsigned object_bytes;
};

static struct cache caches[CACHES_MAX];
static size_t cache_count;
static int *descriptors;
static size_t descriptor_count;

static bool read_caches(void)
{
    static char text[1 << 18];
    FILE *file = fopen("/proc/slabinfo", "r");
    if (!file) {
        fprintf(stderr, "leak_capture: /proc/slabinfo: %s\n", strerror(errno));
        return false;
    }
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        char name[NAME_MAX_BYTES];
        long active, total;
        unsigned bytes;
        if (sscanf(line, "%63s %ld %ld %u", name, &active, &total, &bytes) == 4) {
            size_t i = 0;
            while (i < cache_count && strcmp(caches[i].name, name))
                i++;
            if (i == cache_count && cache_count < CACHES_MAX) {
                memcpy(caches[i].name, name, sizeof(name));
                caches[i].object_bytes = bytes;
                caches[i].last = 0;
                cache_count++;
            }
            if (i < cache_count)
                caches[i].objects = active;
        }
        if (!end)
            break;
        line = end + 1;
    }
    return true;
}

static bool reclaimable(const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "/sys/kernel/slab/%s/reclaim_account", name);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool yes = fgetc(file) == '1';
    fclose(file);
    return yes;
}

static void leak_one(char kind)
{
    if (descriptor_count >= CEILING)
        return;
    int fd = kind == 'e'   ? eventfd(0, 0)
             : kind == 't' ? timerfd_create(CLOCK_MONOTONIC, 0)
                           : socket(AF_INET, SOCK_DGRAM, 0);
    if (fd >= 0)
        descriptors[descriptor_count++] = fd;
}

static void give_back(void)
{
    while (descriptor_count > 0)
        close(descriptors[--descriptor_count]);
}

static int label(void)
{
    enum { MANY = 4000, ROUNDS = 3 };
    const char kinds[] = "ets";
    for (const char *kind = kinds; *kind; kind++) {
        static int hits[CACHES_MAX];
        memset(hits, 0, sizeof(hits));
        for (int round = 0; round < ROUNDS; round++) {
            sleep(3);
            if (!read_caches())
                return 2;
            for (size_t i = 0; i < cache_count; i++)
                caches[i].last = caches[i].objects;
            for (int i = 0; i < MANY; i++)
                leak_one(*kind);
            if (!read_caches())
                return 2;
            for (size_t i = 0; i < cache_count; i++)
                hits[i] += caches[i].objects - caches[i].last >= MANY * 8 / 10;
            give_back();
        }
        printf("%s", *kind == 'e' ? "eventfd" : *kind == 't' ? "timerfd" : "socket");
        for (size_t i = 0; i < cache_count; i++) {
            if (hits[i] == ROUNDS)
                printf(" %s", caches[i].name);
        }
        printf("\n");
    }
    return 0;
}

static int capture(long seconds, bool leak)
{
    size_t named = 0;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    printf("# active objects of /proc/slabinfo, once a second, %ld s, %s\n", seconds,
           leak ? "while descriptors leak" : "without a leak");
    for (long second = 0; second < seconds; second++) {
        if (!read_caches())
            return 2;
        for (; named < cache_count; named++)
            printf("c %zu %s %u %d\n", named, caches[named].name, caches[named].object_bytes,
                   reclaimable(caches[named].name));
        printf("t %ld", second);
        for (size_t i = 0; i < cache_count; i++) {
            if (caches[i].objects != caches[i].last)
                printf(" %zu:%ld", i, caches[i].objects - caches[i].last);
            caches[i].last = caches[i].objects;
        }
        printf("\n");
        fflush(stdout);
        if (leak) {
            for (int i = 0; i < 20; i++)
                leak_one('e');
            for (int i = 0; second % 45 == 44 && i < 300; i++)
                leak_one('t');
            for (int i = 0; second >= seconds / 2 && i < 10; i++)
                leak_one('s');
        }
        struct timespec next = {.tv_sec = start.tv_sec + second + 1, .tv_nsec = start.tv_nsec};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    give_back();
    return 0;
}

int main(int argc, char **argv)
{
    descriptors = calloc(CEILING, sizeof(*descriptors));
    if (!descriptors)
        return 2;
    int result = 2;
    if (argc == 2 && !strcmp(argv[1], "label"))
        result = label();
    else if (argc == 3 && (!strcmp(argv[2], "leak") || !strcmp(argv[2], "control")))
        result = capture(atol(argv[1]), !strcmp(argv[2], "leak"));
    else
        fprintf(stderr, "usage: leak_capture SECONDS leak|control, or leak_capture label\n");
    free(descriptors);
    return result;
}
