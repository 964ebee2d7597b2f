#include "trace_programs.h"

#include <bpf/bpf.h>
#include <math.h>
#include <unistd.h>

static bool is_known(const struct trace_programs *known, uint32_t id)
{
    for (size_t i = 0; known && i < known->count; i++)
        if (known->ids[i] == id)
            return true;
    return false;
}

void trace_programs_list(const struct trace_programs *known, struct trace_programs *found)
{
    uint32_t id = 0;

    found->count = 0;
    while (found->count < TRACE_PROGRAMS && !bpf_prog_get_next_id(id, &id))
        if (!is_known(known, id))
            found->ids[found->count++] = id;
}

static void add_up(const struct trace_programs *programs, double *runs, double *run_ns)
{
    *runs = *run_ns = 0;
    for (size_t i = 0; i < programs->count; i++) {
        struct bpf_prog_info info = {0};
        uint32_t size = sizeof(info);
        int program = bpf_prog_get_fd_by_id(programs->ids[i]);
        if (program < 0)
            continue;
        if (!bpf_obj_get_info_by_fd(program, &info, &size)) {
            *runs += (double)info.run_cnt;
            *run_ns += (double)info.run_time_ns;
        }
        (void)close(program);
    }
}

double trace_programs_ns(const struct trace_programs *programs, bool (*work)(void))
{
    double runs_before, ns_before, runs, run_ns;

    if (!programs->count)
        return (double)NAN;
    int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
    if (statistics < 0)
        return (double)NAN;
    add_up(programs, &runs_before, &ns_before);
    bool good = work();
    add_up(programs, &runs, &run_ns);
    (void)close(statistics);
    return good && runs > runs_before ? (run_ns - ns_before) / (runs - runs_before) : (double)NAN;
}
