#include "front/tui/console_keys.h"

#include <stddef.h>

#include "front/tui/terminal.h"

/* dwControlKeyState and virtual keys: wincon.h, winuser.h. */
enum {
    ALT_RIGHT = 0x01,
    ALT_LEFT = 0x02,
    CTRL_RIGHT = 0x04,
    CTRL_LEFT = 0x08,
    VK_MENU_KEY = 0x12 /* Alt: a character comes with its release when it was typed by its number */
};

static const struct {
    uint16_t code;
    uint32_t key;
} NAMED[] = {
    {0x08, PH_KEY_BACKSPACE}, {0x09, PH_KEY_TAB},       {0x0D, PH_KEY_ENTER}, {0x1B, PH_KEY_ESCAPE},
    {0x21, PH_KEY_PAGE_UP},   {0x22, PH_KEY_PAGE_DOWN}, {0x23, PH_KEY_END},   {0x24, PH_KEY_HOME},
    {0x25, PH_KEY_LEFT},      {0x26, PH_KEY_UP},        {0x27, PH_KEY_RIGHT}, {0x28, PH_KEY_DOWN},
    {0x2E, PH_KEY_DELETE},
};

/* The right Alt of many keyboards (AltGr) comes as Ctrl with Alt, and makes characters. */
static bool is_command(const struct ph_console_key *event)
{
    bool alt = event->state & (ALT_LEFT | ALT_RIGHT),
         ctrl = event->state & (CTRL_LEFT | CTRL_RIGHT);

    return alt != ctrl;
}

/* Alt without Ctrl: a command of the window, or the digits of a character's number, which come as
 * arrows, Home and the like. */
static bool is_alt(const struct ph_console_key *event)
{
    return is_command(event) && (event->state & (ALT_LEFT | ALT_RIGHT));
}

static uint32_t join(struct ph_console_keys *keys, uint16_t unit)
{
    uint16_t high = keys->high;

    keys->high = 0;
    if (unit >= 0xD800 && unit < 0xDC00) {
        keys->high = unit;
        return 0;
    }
    if (unit >= 0xDC00 && unit < 0xE000)
        return high ? 0x10000u + ((uint32_t)(high - 0xD800) << 10) + (unit - 0xDC00u) : 0;
    return unit;
}

uint32_t ph_console_key(struct ph_console_keys *keys, const struct ph_console_key *event)
{
    bool text = event->unit >= ' ' && event->unit != 0x7F;

    if (!event->down)
        return event->code == VK_MENU_KEY && event->unit ? join(keys, event->unit) : 0;
    for (size_t i = 0; i < sizeof(NAMED) / sizeof(NAMED[0]) && !text; i++)
        if (NAMED[i].code == event->code)
            return is_alt(event) ? 0 : NAMED[i].key;
    if (!event->unit)
        return 0; /* Shift, Ctrl and the like by themselves, function keys */
    if (event->unit == '\r' || event->unit == '\n')
        return PH_KEY_ENTER;
    if (event->unit == 0x7F)
        return PH_KEY_BACKSPACE;
    if (event->unit < ' ')
        return event->unit; /* Ctrl with a letter */
    return is_command(event) ? 0 : join(keys, event->unit);
}
