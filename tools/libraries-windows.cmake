# The libraries of poolhound.exe as static libraries, compiled from the distribution's sources that
# tools/windows-sources unpacked into POOLHOUND_SOURCES. Files are globbed, since distributions have
# different versions. Only what poolhound calls is linked in: every function has a section of its own.
set(from ${POOLHOUND_SOURCES})
if(NOT EXISTS ${from}/versions)
  message(FATAL_ERROR "${from}: no sources of libraries: run tools/windows-sources ${from} first "
                      "(make windows does)")
endif()

function(library name)
  cmake_parse_arguments(arg "" "" "SOURCES;EXCEPT;DEFINE;PRIVATE;PUBLIC" ${ARGN})
  file(GLOB files RELATIVE ${from} ${arg_SOURCES}) # patterns must not see where the tree lies
  foreach(pattern ${arg_EXCEPT})
    list(FILTER files EXCLUDE REGEX ${pattern})
  endforeach()
  list(SORT files)
  list(TRANSFORM files PREPEND ${from}/)
  add_library(${name} STATIC ${files})
  target_compile_options(${name} PRIVATE -w -Os -ffunction-sections -fdata-sections
    -ffile-prefix-map=${from}=.)
  target_compile_definitions(${name} PRIVATE ${arg_DEFINE})
  target_include_directories(${name} PRIVATE ${arg_PRIVATE})
  target_include_directories(${name} SYSTEM INTERFACE ${arg_PUBLIC})
endfunction()

# Threads are used one database each; nothing of the rest is called.
library(sqlite SOURCES ${from}/sqlite/sqlite3.c PUBLIC ${from}/sqlite
  DEFINE SQLITE_THREADSAFE=1 SQLITE_OMIT_LOAD_EXTENSION SQLITE_DQS=0 SQLITE_DEFAULT_MEMSTATUS=0
         SQLITE_OMIT_DEPRECATED SQLITE_OMIT_SHARED_CACHE)

library(z SOURCES ${from}/zlib/*.c EXCEPT /gz PUBLIC ${from}/zlib)

# libpng's settings lie ready in its package.
set(made ${CMAKE_BINARY_DIR}/libraries)
configure_file(${from}/png/scripts/pnglibconf.h.prebuilt ${made}/png/pnglibconf.h COPYONLY)
library(png SOURCES ${from}/png/*.c EXCEPT /example /pngtest
  PRIVATE ${from}/zlib ${made}/png PUBLIC ${from}/png ${made}/png)
target_link_libraries(png PUBLIC z)

# One thread decompresses one module.
set(lzma ${from}/lzma/src)
set(common ${lzma}/common)
library(lzma SOURCES ${lzma}/liblzma/common/*.c ${lzma}/liblzma/check/*.c ${lzma}/liblzma/lz/*.c
                     ${lzma}/liblzma/lzma/*.c ${lzma}/liblzma/rangecoder/*.c
                     ${lzma}/liblzma/delta/*.c ${lzma}/liblzma/simple/*.c
                     ${common}/tuklib_physmem.c
  EXCEPT tablegen _small _mt outqueue cputhreads encoder
  PRIVATE ${common} ${lzma}/liblzma ${lzma}/liblzma/api ${lzma}/liblzma/common
          ${lzma}/liblzma/check ${lzma}/liblzma/lz ${lzma}/liblzma/lzma
          ${lzma}/liblzma/rangecoder ${lzma}/liblzma/delta ${lzma}/liblzma/simple
  PUBLIC ${lzma}/liblzma/api
  DEFINE HAVE_STDBOOL_H HAVE_STDINT_H HAVE_INTTYPES_H HAVE_LIMITS_H HAVE_STRING_H HAVE__BOOL
         HAVE_CHECK_CRC32 HAVE_CHECK_CRC64 HAVE_CHECK_SHA256 HAVE_DECODERS HAVE_DECODER_LZMA1
         HAVE_DECODER_LZMA2 HAVE_DECODER_DELTA HAVE_DECODER_X86 HAVE_DECODER_ARM HAVE_DECODER_ARM64
         HAVE_DECODER_ARMTHUMB HAVE_DECODER_POWERPC HAVE_DECODER_IA64 HAVE_DECODER_SPARC
         SIZEOF_SIZE_T=${CMAKE_SIZEOF_VOID_P} ASSUME_RAM=128 TUKLIB_SYMBOL_PREFIX=lzma_
         LZMA_API_STATIC PACKAGE_NAME="XZ" PACKAGE_URL="")
target_compile_definitions(lzma INTERFACE LZMA_API_STATIC)

library(zstd SOURCES ${from}/zstd/lib/common/*.c ${from}/zstd/lib/decompress/*.c EXCEPT /threading /pool
  DEFINE ZSTD_DISABLE_ASM ZSTD_LEGACY_SUPPORT=0 PUBLIC ${from}/zstd/lib)

# Zydis' decoder alone. Its helper library's source package is not whole on every mirror; the headers of
# libzycore-dev are all that the decoder needs of it, linked here so that no other header of this system
# comes along.
find_path(zycore Zycore/Types.h PATHS /usr/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
file(MAKE_DIRECTORY ${made}/zycore)
file(CREATE_LINK ${zycore}/Zycore ${made}/zycore/Zycore SYMBOLIC)
library(zydis SOURCES ${from}/zydis/src/*.c EXCEPT Formatter Encoder Disassembler
  PRIVATE ${from}/zydis/src PUBLIC ${from}/zydis/include ${made}/zycore
  DEFINE ZYDIS_DISABLE_FORMATTER ZYDIS_DISABLE_ENCODER ZYDIS_STATIC_BUILD ZYCORE_STATIC_BUILD)
target_include_directories(zydis PRIVATE ${from}/zydis/include ${made}/zycore)
target_compile_definitions(zydis INTERFACE ZYDIS_STATIC_BUILD ZYCORE_STATIC_BUILD)

library(cmocka SOURCES ${from}/cmocka/src/*.c PUBLIC ${from}/cmocka/include
  PRIVATE ${from}/cmocka/include
  DEFINE HAVE_STDDEF_H HAVE_STDARG_H HAVE_SETJMP_H HAVE_STDINT_H HAVE_STDIO_H HAVE_STDLIB_H
         HAVE_STRING_H HAVE_TIME_H HAVE_IO_H HAVE_MALLOC_H HAVE_INTTYPES_H HAVE_SNPRINTF
         HAVE_VSNPRINTF HAVE_GCC_THREAD_LOCAL_STORAGE __USE_MINGW_ANSI_STDIO=1 _GNU_SOURCE)
set_target_properties(cmocka PROPERTIES EXCLUDE_FROM_ALL ON)
target_compile_definitions(cmocka INTERFACE CMOCKA_STATIC)
