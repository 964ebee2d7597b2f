/* analysis/stats: against published values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "analysis/stats.h"

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

/* Tables of Student's t, as in any textbook. */
static void quantiles(void **state)
{
    static const struct {
        double tail, freedom, t;
    } known[] = {{.025, 1, 12.7062}, {.025, 5, 2.57058},  {.025, 10, 2.22814}, {.025, 30, 2.04227},
                 {.01, 1, 31.8205},  {.01, 4, 3.74695},   {.01, 10, 2.76377},  {.01, 11, 2.71808},
                 {.001, 2, 22.3271}, {.001, 4, 7.17318},  {.001, 10, 4.14370}, {.001, 46, 3.27710},
                 {.5, 7, 0},         {.975, 10, -2.22814}};
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        double t = ph_t_quantile(known[i].tail, known[i].freedom);
        NEAR(t, known[i].t, 1e-4 * fmax(1, fabs(known[i].t)));
        NEAR(ph_t_tail(t, known[i].freedom), known[i].tail, 1e-9);
    }
    NEAR(ph_t_tail(INFINITY, 5), 0, 1e-12);
}

static void medians(void **state)
{
    double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2}, same[] = {7, 7, 7, 7}, one[] = {-2};
    double many[101];
    (void)state;
    NEAR(ph_median(odd, 3), 3, 0);
    NEAR(ph_median(even, 4), 2.5, 0);
    NEAR(ph_median(same, 4), 7, 0);
    NEAR(ph_median(one, 1), -2, 0);
    assert_true(isnan(ph_median(one, 0)));
    for (size_t k = 0; k < 101; k++) {
        for (size_t i = 0; i < 101; i++)
            many[i] = (double)(i * 37 % 101);
        NEAR(ph_select(many, 101, k), (double)k, 0);
    }
}

/* Sen's own kind of example: one wild value does not move the slope. */
static void theil_sen(void **state)
{
    const double x[] = {1, 2, 3, 4, 10, 12, 18}, line[] = {5, 7, 9, 11, 23, 27, 39};
    const double wild[] = {5, 7, 9, 1000, 23, 27, 39};
    const double steps[] = {0, 0, 0, 6};
    (void)state;
    NEAR(ph_theil_sen(x, line, 7), 2, 1e-12);
    NEAR(ph_theil_sen(x, wild, 7), 2, 1e-12);
    NEAR(ph_theil_sen(x, steps, 4), 1, 1e-12); /* slopes 0 0 0 2 3 6 */
    assert_true(isnan(ph_theil_sen(x, line, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles),
        cmocka_unit_test(medians),
        cmocka_unit_test(theil_sen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
