/* console_keys.h - keys out of what Windows' console tells of the keyboard. Portable, for tests. */
#ifndef PH_FRONT_TUI_CONSOLE_KEYS_H
#define PH_FRONT_TUI_CONSOLE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* What matters of a KEY_EVENT_RECORD (learn.microsoft.com). */
struct ph_console_key {
    bool down;
    uint16_t code;  /* virtual key */
    uint16_t unit;  /* UTF-16, 0 = no character */
    uint32_t state; /* dwControlKeyState */
};

/* Halves of characters beyond 16 bits come one by one. Zeroed is empty. */
struct ph_console_keys {
    uint16_t high;
};

/* The key (terminal.h) that the event ends; 0: none, or none yet. */
uint32_t ph_console_key(struct ph_console_keys *keys, const struct ph_console_key *event);

#endif
