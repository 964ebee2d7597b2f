# Turns a text of rows into a C table: cmake -DINPUT=file -DOUTPUT=file.c -DHEADER=h -DNAME=name
# -DPREFIX=PH_ROW -P embed-rows.cmake. "kind words:" begins a group, the words of the indented lines
# below it are its patterns. Gives `const struct NAME_row NAME_rows[]` of {PREFIX_KIND, "pattern",
# "words"}, and `const size_t NAME_row_count`.
file(STRINGS ${INPUT} lines)
set(rows "")
set(kind "")
foreach(line IN LISTS lines)
  if(line MATCHES "^#" OR line MATCHES "^ *$")
    continue()
  elseif(line MATCHES "[]\"\\;[]")
    message(FATAL_ERROR "${INPUT}: a quote, backslash, bracket or semicolon: ${line}")
  elseif(line MATCHES "^([a-z]+) ([^:]+):$")
    string(TOUPPER ${CMAKE_MATCH_1} kind)
    set(what "${CMAKE_MATCH_2}")
  elseif(line MATCHES "^ +[^ ]" AND kind)
    string(REGEX MATCHALL "[^ ]+" patterns "${line}")
    foreach(pattern IN LISTS patterns)
      string(APPEND rows "    {${PREFIX}_${kind}, \"${pattern}\", \"${what}\"},\n")
    endforeach()
  else()
    message(FATAL_ERROR "${INPUT}: neither 'kind words:' nor indented patterns: ${line}")
  endif()
endforeach()
get_filename_component(origin ${INPUT} NAME)
file(WRITE ${OUTPUT} "/* Made from ${origin}; changes belong there. */
#include \"${HEADER}\"

const struct ${NAME}_row ${NAME}_rows[] = {
${rows}};
const size_t ${NAME}_row_count = sizeof(${NAME}_rows) / sizeof(${NAME}_rows[0]);
")
