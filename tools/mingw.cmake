# What both tool chains of mingw-w64 share. Debian has compilers with two kinds of threads; those with
# Windows' own need no library more.
find_program(CMAKE_C_COMPILER NAMES ${POOLHOUND_MINGW}-gcc-win32 ${POOLHOUND_MINGW}-gcc REQUIRED)
set(CMAKE_RC_COMPILER ${POOLHOUND_MINGW}-windres)
set(CMAKE_FIND_ROOT_PATH /usr/${POOLHOUND_MINGW})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/run-wine)
