#include "front/tui/console_cells.h"

/* Attributes: wincon.h. */
enum {
    BLUE = 0x01,
    GREEN = 0x02,
    RED = 0x04,
    BRIGHT = 0x08,
    INK = 0x0F,
    PAPER = 0xF0,
    PAPER_BRIGHT = 0x80,
    LEFT_HALF = 0x0100,
    RIGHT_HALF = 0x0200,
    UNDERLINED = 0x8000 /* not drawn by old consoles, so it is bright as well */
};

/* Dark red and dark blue cannot be read on the black of old consoles. */
static const struct {
    uint16_t look, ink, plain;
} COLOURS[] = {
    {PH_CELL_RED, RED | BRIGHT, PH_CELL_BOLD | PH_CELL_UNDERLINE},
    {PH_CELL_GREEN, GREEN, 0},
    {PH_CELL_YELLOW, RED | GREEN, PH_CELL_BOLD},
    {PH_CELL_BLUE, BLUE | BRIGHT, 0},
    {PH_CELL_CYAN, GREEN | BLUE, 0},
};

uint16_t ph_console_look(uint32_t look, bool colour, uint16_t usual)
{
    unsigned ink = usual & INK, paper = (usual & PAPER) >> 4;

    if (look & PH_CELL_DIM)
        ink = BRIGHT; /* alone: grey */
    for (size_t i = 0; i < sizeof(COLOURS) / sizeof(COLOURS[0]); i++)
        if (look & COLOURS[i].look) {
            ink = colour ? COLOURS[i].ink : ink;
            look |= colour ? 0 : COLOURS[i].plain;
        }
    if (look & (PH_CELL_BOLD | PH_CELL_UNDERLINE) && !(usual & PAPER_BRIGHT))
        ink |= BRIGHT;
    if (ink == paper)
        ink = usual & INK; /* rather without its colour than unseen */
    unsigned both = look & PH_CELL_REVERSE ? ink << 4 | paper : paper << 4 | ink;
    return (uint16_t)(both | (look & PH_CELL_UNDERLINE ? UNDERLINED : 0));
}

void ph_console_cells(const struct ph_cell *row, unsigned columns, unsigned first, unsigned end,
                      bool colour, uint16_t usual, struct ph_console_cell *out)
{
    for (unsigned i = first; i < end; i++) {
        bool right = i && !row[i].rune, wide = i + 1 < columns && !row[i + 1].rune;
        uint32_t rune = right ? row[i - 1].rune : row[i].rune;
        unsigned half = right ? RIGHT_HALF : wide ? LEFT_HALF : 0;
        if (!rune || rune > UINT16_MAX) { /* its stand-in is narrow */
            rune = right || !rune ? ' ' : 0xFFFD;
            half = 0;
        }
        out[i - first] = (struct ph_console_cell){
            .unit = (uint16_t)rune,
            .attributes = (uint16_t)(ph_console_look(row[i].look, colour, usual) | half),
        };
    }
}
