# Turns a text file into a C source with its bytes: cmake -DINPUT=file -DOUTPUT=file.c -DHEADER=h -DNAME=name
# -P embed-text.cmake. Gives `const char NAME_text[]` (0-terminated) and `const size_t NAME_size`.
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n    " bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1', " bytes "${bytes}")
get_filename_component(origin ${INPUT} NAME)
file(WRITE ${OUTPUT} "/* Made from ${origin}; changes belong there. */
#include \"${HEADER}\"

const char ${NAME}_text[] = {
    ${bytes}0};
const size_t ${NAME}_size = ${size};
")
