# Thin verbs over CMake's presets; CMakeLists.txt describes the build. `make help` lists the verbs.
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20
ARGS ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PROGRAM = build/poolhound

WINDOWS_SOURCES = build-windows/sources

.PHONY: all build test windows windows-x86 windows-reproducible test-windows hunt demo vm-test vm-profiling-kernel \
        bench-judge bench-age bench-sample bench-record bench-scan \
        bench-identify bench-decode bench-top bench-trace asan tidy fuzz valgrind \
        compilers headers check-layers format man install clean help

all: build

build: ## the program at build/poolhound (also plain `make`)
	@cmake --preset linux --log-level=WARNING >/dev/null
	@cmake --build build --target poolhound

test: ## build and run every test, plain and under ASan and UBSan; the sum stands last
	@tools/run-tests linux asan windows

windows: ## poolhound.exe for 64-bit Windows at build-windows/poolhound.exe
	@tools/windows-sources $(WINDOWS_SOURCES)
	@cmake --preset windows --log-level=WARNING >/dev/null
	@cmake --build build-windows --target poolhound
	@ls -l build-windows/poolhound.exe && sha256sum build-windows/poolhound.exe

windows-x86: ## the same for 32-bit Windows at build-windows-x86/poolhound.exe
	@tools/windows-sources $(WINDOWS_SOURCES)
	@cmake --preset windows-x86 -DPOOLHOUND_SOURCES=$(CURDIR)/$(WINDOWS_SOURCES) \
	  --log-level=WARNING >/dev/null
	@cmake --build build-windows-x86 --target poolhound
	@ls -l build-windows-x86/poolhound.exe && sha256sum build-windows-x86/poolhound.exe

windows-reproducible: windows ## build it again elsewhere: the same bytes?
	@tools/check-reproducible

test-windows: build ## poolhound.exe's tests, in Wine
	@tools/run-tests windows

hunt: build ## hunt for 30 s on the live kernel; ARGS="..." are passed on
	@$(PROGRAM) hunt $(ARGS) || test $$? -eq 1 # 1 = something leaks: an answer, no failure

demo: build ## leak kernel memory safely for half a minute and find it
	@$(PROGRAM) demo $(ARGS) || test $$? -eq 1

bench-judge bench-age bench-sample bench-record bench-scan bench-identify bench-decode bench-top bench-trace: build ## measure one part beside its peers; ARGS="..."
	@cmake --build build --target $(subst -,_,$@)
	@build/bench/$(subst -,_,$@) $(ARGS)

vm-test: build ## ground truth: distribution kernels in QEMU with a module that leaks; ARGS="-k 6.12"
	@tests/vm/vm-test $(ARGS) $(PROGRAM)

vm-profiling-kernel: ## build the kernel with allocation profiling that vm-test uses where it is
	@tests/vm/build-profiling-kernel build/vm $(JOBS)

asan: ## all tests under ASan, LeakSanitizer and UBSan (clang)
	@tools/run-tests asan

tidy: ## clang-tidy over every source
	@cmake --preset clang --log-level=WARNING >/dev/null
	@git ls-files -z -c -o --exclude-standard 'src/*.c' 'tests/*.c' 'bench/*.c' \
	  ':!tests/drivers' ':!tests/vm' ':!*_windows.c' ':!*_elsewhere.c' | \
	  xargs -0 -n 1 -P $(JOBS) clang-tidy --quiet -p build-clang 2>&1 | \
	  grep -v ' warnings\? generated\.$$' | (! grep .)
	@tools/windows-sources $(WINDOWS_SOURCES)
	@cmake --preset windows --log-level=WARNING >/dev/null
	@git ls-files -z -c -o --exclude-standard 'src/*_windows.c' | \
	  xargs -0 -n 1 -P $(JOBS) clang-tidy --quiet --checks=-cert-dcl16-c -p build-windows 2>&1 | \
	  grep -v ' warnings\? generated\.$$' | (! grep .)

fuzz: ## libFuzzer, FUZZ_SECONDS (20) for each target; finds are kept in build-fuzz/finds
	@tools/run-fuzz $(FUZZ_SECONDS)

valgrind: build ## the command-line tests under valgrind
	@tools/run-valgrind $(PROGRAM)

compilers: ## everything with gcc and with clang, warnings are errors
	@cmake --preset gcc --log-level=WARNING >/dev/null && cmake --build build-gcc
	@cmake --preset clang --log-level=WARNING >/dev/null && cmake --build build-clang

headers: ## each header compiles alone, with gcc and clang
	@tools/check-headers

check-layers: ## includes against src/layers.txt, and the rules of the tree
	@tools/check-layers

format: ## clang-format over every source
	@git ls-files -z -c -o --exclude-standard '*.c' '*.h' | xargs -0 clang-format -i

man: build ## the man page at build/poolhound.1, from the option table
	@$(PROGRAM) help --man > build/poolhound.1

install: man ## program, man page, completion, unit and documents; PREFIX=/usr/local, DESTDIR
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/poolhound
	install -D -m 644 build/poolhound.1 $(DESTDIR)$(PREFIX)/share/man/man1/poolhound.1
	$(PROGRAM) help --bash > build/poolhound.bash
	install -D -m 644 build/poolhound.bash \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/poolhound
	sed 's|/usr/local/bin|$(PREFIX)/bin|' packaging/poolhound-record.service \
	  > build/poolhound-record.service
	install -D -m 644 build/poolhound-record.service \
	  $(DESTDIR)$(PREFIX)/lib/systemd/system/poolhound-record.service
	install -d $(DESTDIR)$(PREFIX)/share/doc/poolhound
	install -m 644 README.md CHANGELOG.md LICENSE docs/*.md \
	  $(DESTDIR)$(PREFIX)/share/doc/poolhound

clean: ## remove every build directory
	rm -rf build build-*

help: ## this list
	@sed -n 's/^\([a-z][a-z -]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | \
	  awk -F '\t' '{printf "make %-38s %s\n", $$1, $$2}'
