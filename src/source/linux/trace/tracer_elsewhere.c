/* tracer_elsewhere.c - systems that are no Linux have no programs in the kernel to trace with. */
#include "source/linux/trace/tracer.h"

struct ph_error *ph_tracer_open(const struct ph_tracer_options *options, struct ph_tracer **tracer)
{
    (void)options, (void)tracer;
    return ph_errorf(PH_ERR_NOT_FOUND,
                     "tracing by call site: only the Linux kernel can be traced like that");
}

void ph_tracer_close(struct ph_tracer *tracer)
{
    (void)tracer;
}

void ph_tracer_closep(struct ph_tracer **tracer)
{
    (void)tracer;
}

/* Nobody has a tracer to call these with. */
struct ph_error *ph_tracer_read(struct ph_tracer *tracer, struct ph_trace *trace)
{
    (void)tracer, (void)trace;
    return ph_errorf(PH_ERR_INTERNAL, "there is no tracer on this system");
}

struct ph_error *ph_tracer_add_caches(struct ph_tracer *tracer, const char *const *caches,
                                      size_t count)
{
    (void)tracer, (void)caches, (void)count;
    return ph_errorf(PH_ERR_INTERNAL, "there is no tracer on this system");
}

struct ph_error *ph_tracer_want_stack(struct ph_tracer *tracer, uint64_t address)
{
    (void)tracer, (void)address;
    return ph_errorf(PH_ERR_INTERNAL, "there is no tracer on this system");
}
