/* age_load.h - ordinary work, and leaks at known rates, in processes that can be ended. */
#ifndef BENCH_AGE_LOAD_H
#define BENCH_AGE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct load {
    const char *name;
    void (*work)(void); /* does not come back */
};
extern const struct load ordinary_loads[];
extern const size_t ordinary_load_count;

/* What leaks: one process's things, gone when it ends. */
enum leak_kind { LEAK_EVENTFD, LEAK_SOCKET, LEAK_EPOLL_ITEM, LEAK_WATCH, LEAK_KINDS };
const char *leak_name(enum leak_kind kind);
/* Begins to make `rate` of them a second and never gives one back. -1 = no process. */
pid_t leak_start(enum leak_kind kind, double rate);
/* Makes the files that are watched, so that it is not done while something is measured. */
void load_prepare(void);
/* Makes `count` at once, and holds them. Returns when they are made. */
pid_t leak_burst(enum leak_kind kind, unsigned count);

/* Each in a group of its own, at low priority. */
pid_t load_start(const struct load *load);
void load_stop(pid_t pid);
/* A folder for the loads' files; made when it is first asked for. */
const char *load_folder(void);
void load_clean(void);

#endif
