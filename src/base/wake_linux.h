/* wake_linux.h - what ends a wait at an interrupt; for base/ on Linux only. */
#ifndef PH_BASE_WAKE_LINUX_H
#define PH_BASE_WAKE_LINUX_H

/* Readable once an interrupt arrived, until it is forgotten; -1 when interrupts are not caught. */
int ph_wake_fd(void);

#endif
