/* near.h - doubles that agree but for rounding; cmocka 1.1 knows floats only. */
#ifndef NEAR_H
#define NEAR_H

#include <math.h>

#define assert_near(number, wanted, reach)                                                         \
    do {                                                                                           \
        double near_number = (number), near_wanted = (wanted);                                     \
        if (!(fabs(near_number - near_wanted) <= (reach)))                                         \
            fail_msg("%s is %.17g, not %.17g", #number, near_number, near_wanted);                 \
    } while (0)

#endif
