#include <stdint.h>
#include <string.h>

#include "front/front.h"

const struct ph_command ph_commands[] = {
    {PH_COMMAND_HUNT, "hunt", "[INPUT]", 0, 1, "find what leaks, now, on this kernel",
     "Reads the live kernel for half a minute (or --duration), judges every tag, and says what "
     "grows, how fast, how sure that is, and what is missing to call it a leak. The readings are "
     "kept in a recording, so that a later, longer look can build on them.\n"
     "A short run ranks and says GROWING; a LEAK needs a day of readings (poolhound record).\n"
     "With an INPUT (a log, a saved tree, a recording) it judges that instead.",
     "poolhound hunt\thalf a minute on the live kernel\n"
     "poolhound hunt -d 10m -t 2s\tten minutes, a reading every two seconds\n"
     "poolhound hunt -i 'kmalloc-*' --json\tonly the general caches, as JSON\n"
     "poolhound hunt --report leak.html\ta page to send to the vendor\n",
     ph_cli_hunt},
    {PH_COMMAND_TOP, "top", "[INPUT]", 0, 1, "watch the tags, as poolmon does, with verdicts",
     "A live table with poolmon's screen and keys, and what poolmon never had: a picture of the "
     "last "
     "minutes, the rate, the verdict and the owner of every tag. Enter shows all that is known of "
     "one tag, y the kernel's memory as a whole, h the keys.\n"
     "poolmon's own command line works: -b -e -p -iTag -xTag /b /p and so on, and -n FILE for a "
     "snapshot.\n"
     "With an INPUT (a recording, a log, a saved tree) it shows that: at its end, or played from "
     "its "
     "beginning with --speed.",
     "poolhound top\tthis kernel, every two seconds\n"
     "poolhound top -b -p -p -iStrg\tas with poolmon\n"
     "poolhound top --speed 600 week.poolhound\ta week in seventeen minutes\n",
     ph_cli_top},
    {PH_COMMAND_TRACE, "trace", "", 0, 1, "trace allocations by call site, and how long they live",
     "Follows every allocation of the live Linux kernel from its call site to its free, and "
     "shows what lives, since when, and in whose function and module it was allocated. What no "
     "counter can tell: whether the objects of a site die. A site is STAYING when cohort after "
     "cohort of its objects lives on, as a leak's do; docs/method.md tells how, and how often "
     "that errs.\n"
     "On a terminal the table is live (Enter: all of one site; h: the keys); otherwise one table "
     "comes at the end. Only what is allocated while it traces is seen. It needs root, or "
     "CAP_BPF, CAP_PERFMON and CAP_SYSLOG, while it begins, and drops them then.\n"
     "Exit status: 0 no site is STAYING, 1 some site is, 2 error.",
     "poolhound trace\tlive, until q\n"
     "poolhound trace -d 5m -i 'kmalloc-512' --json\tone cache for five minutes\n"
     "poolhound trace --module nvidia --stacks\tone module, with a stack for every allocation\n"
     "poolhound trace --size 4k- --kinds slab,vmalloc,pages -n 20\tlarge objects, pages too\n",
     ph_cli_trace},
    {PH_COMMAND_SYS, "sys", "[INPUT]", 0, 1, "show the kernel's memory as a whole",
     "Pools with their limits and where those come from, commit, physical memory, page tables, "
     "kernel stacks, per-CPU memory, vmalloc: two readings a second apart, or more with "
     "--duration, then with plots.\n"
     "With an INPUT: its last reading, and the plots of all of it.",
     "poolhound sys\tnow\n"
     "poolhound sys -d 10m --png memory.png\tten minutes as a picture\n"
     "poolhound sys week.poolhound --svg week.svg\ta week that was recorded\n",
     ph_cli_sys},
    {PH_COMMAND_SNAP, "snap", "[INPUT]", 0, 1, "print one reading",
     "One table, as poolmon prints it: tag, type, allocs, frees, diff, bytes, bytes per "
     "allocation. A ? stands for what the kernel does not tell, ~ before a number for an "
     "estimate.",
     "poolhound snap --top 20\tthe twenty largest\n"
     "poolhound snap -n pool.log\tpoolmon's own layout, for scripts that parse it\n"
     "poolhound snap -s diff -p\tnonpaged only, most objects first\n"
     "poolhound snap --root sosreport/ --csv\ta saved tree, as CSV\n"
     "poolhound snap -i 'Aud*' -i 'Cc?\?' -x CcBc poolsnap.log\tpatterns; exclude wins\n",
     ph_cli_snap},
    {PH_COMMAND_RECORD, "record", "FILE", 1, 1, "sample into a recording, for weeks",
     "Appends a reading every 10 seconds (or --interval) to FILE, one SQLite database, until "
     "interrupted. kill -9 or a power cut loses at most the reading in flight; starting again "
     "continues the same file, and a reboot starts a new segment in it. Old readings are thinned "
     "to floors, so that the file does not grow without end.\n"
     "With --from it turns a log into a recording.",
     "poolhound record /var/tmp/server.poolhound\tuntil Ctrl-C\n"
     "poolhound record -d 7d -t 10s week.poolhound\ta week\n"
     "poolhound record --from poolsnap.log log.poolhound\ta log into a recording\n",
     ph_cli_record},
    {PH_COMMAND_LEAKS, "leaks", "[INPUT]", 0, 1, "judge a recording or a log",
     "Judges what a recording, a poolmon or memsnap log, or a CSV holds: LEAK (confirmed or "
     "likely), URGENT, GROWING, LEVELLING, STEP, CYCLIC, FLAT or NO DATA for every tag, with the "
     "evidence. docs/method.md tells how, and how often it errs.",
     "poolhound leaks week.poolhound\tthe verdicts\n"
     "poolhound leaks --spacing 5m poolsnap.log\ta log without time stamps\n"
     "poolhound leaks -a week.poolhound\talso what was examined and cleared\n",
     ph_cli_leaks},
    {PH_COMMAND_DIFF, "diff", "BEFORE [AFTER]", 1, 2, "compare two readings, logs or recordings",
     "What grew from BEFORE to AFTER (or to the live kernel), by how much, how sure. Two "
     "recordings are compared by their rates: the same machine before and after a driver update.",
     "poolhound diff monday.log friday.log\ttwo snapshots\n"
     "poolhound diff old-driver.poolhound new-driver.poolhound\tbefore and after an update\n"
     "poolhound diff saved.csv\ta saved reading against now\n",
     ph_cli_diff},
    {PH_COMMAND_WHO, "who", "TAG", 1, 1, "name the driver behind a tag",
     "Searches the drivers' code for calls that allocate with TAG, then tag lists and known "
     "meanings, and ranks what was found by the strength of the evidence: allocates at a call "
     "site > tag flows from a constant table > immediate in code > constant in data > text > tag "
     "list entry > known meaning. What is scanned is remembered in an index.\n"
     "TAG is a Windows pool tag of one to four characters (\"Io\" finds \"Io  \"; \\xNN for other "
     "bytes; 0x6b61654c as debuggers show it) or, on Linux, a slab cache, an allocation site or a "
     "caller as poolhound prints it. Exit status: 0 the code of some driver allocates with it, 1 "
     "none is seen to, 2 error.",
     "poolhound who LeaK -D C_drive/Windows/System32/drivers\tin drivers brought home\n"
     "poolhound who 'Io  ' -D drivers --tag-list pooltag.txt\twith a tag list\n"
     "poolhound who nf_conntrack\ta slab cache of this Linux kernel\n",
     ph_cli_who},
    {PH_COMMAND_SCAN, "scan", "PATH...", 1, SIZE_MAX,
     "list the pool tags that drivers allocate with",
     "Reads the code of every driver under PATH (x86, x64, ARM64) and lists the tags it allocates "
     "with, the routine, pool, sizes and the number of call sites. Call sites whose tag could not "
     "be found are counted (--all lists them). A second scan of the same files is instant.",
     "poolhound scan drivers/\ta table\n"
     "poolhound scan --localtag drivers/ > localtag.txt\tfor poolmon /c\n"
     "poolhound scan --csv --all drivers/\tevery tag, every unresolved site\n",
     ph_cli_scan},
    {PH_COMMAND_IDENTIFY, "identify", "PATH...", 1, SIZE_MAX,
     "say whose driver a file is, and signed by whom",
     "Version, vendor, hashes and signatures of drivers: Windows PE files (as sigcheck shows them, "
     "with Authenticode verified, catalogs too) and Linux modules (.ko, also .xz, .zst, .gz: "
     "signer, "
     "vermagic, the loaded one beside the file, package and maintainer).\n"
     "A root certificate that is not at hand is told apart from a bad signature: 'signature "
     "intact, "
     "chain ends at ..., not anchored'. Exit status: 0 nothing is wrong, 1 a signature is broken "
     "or "
     "(with -u) something is unsigned, 2 error.",
     "poolhound identify -a -h -i driver.sys\teverything\n"
     "poolhound identify -u -e -s drivers/\twhat is not signed\n"
     "poolhound identify -c -a -h -s drivers/ > drivers.csv\tsigcheck's columns\n"
     "poolhound identify /lib/modules/6.1.0-18-amd64/kernel/fs/xfs/xfs.ko\ta Linux module\n",
     ph_cli_identify},
    {PH_COMMAND_STRINGS, "strings", "PATH...", 1, SIZE_MAX, "print the text in files, or find one",
     "Prints every run of printable characters, ASCII and UTF-16, of the files at PATH and of the "
     "files in folders; with several files behind the file's path. --find keeps those that hold a "
     "text, literally, blanks and all. Text is the weakest evidence for an owner: 'poolhound who' "
     "reads the code.\n"
     "Exit status: 0 all was read (with --find: and something was found), 1 nothing was found, 2 "
     "something could not be read.",
     "poolhound strings -n 8 driver.sys\tat least eight characters\n"
     "poolhound strings -o --find 'Io  ' -s drivers/\tthe drivers that hold this text, and where\n"
     "poolhound strings -u driver.sys\tonly UTF-16\n",
     ph_cli_strings},
    {PH_COMMAND_EXPORT, "export", "INPUT", 1, 1, "write every reading as plain rows",
     "One row a tag a reading: as CSV (default), as JSON, an object a line, or as SQL for the "
     "sqlite3 shell.",
     "poolhound export week.poolhound > week.csv\tfor a spreadsheet\n"
     "poolhound export --sql week.poolhound | sqlite3 rows.db\tfor queries\n",
     ph_cli_export},
    {PH_COMMAND_DEMO, "demo", "", 0, 0, "see it work on a healthy machine",
     "A child process leaks kernel objects on purpose, at a known rate, below a ceiling; "
     "poolhound hunts for half a minute and prints what it found beside what was true. All "
     "objects are gone when the child ends, however it ends.",
     "poolhound demo\t200 eventfds a second for half a minute\n"
     "poolhound demo --kind socket --rate 50\tUDP sockets, never used\n",
     ph_cli_demo},
    {PH_COMMAND_SERVICE, "service", "install|remove|start|stop|status [FILE]", 1, 2,
     "Windows: the recorder as a service",
     "install registers and starts a service that records the kernel's memory from every start of "
     "Windows on, with the least rights that a service can have, into FILE or into HOST.poolhound "
     "below %ProgramData%\\poolhound\\service; what goes wrong stands in the log beside it. A stop "
     "and a shutdown end it without losing a reading. remove leaves the recording. All but status "
     "need an administrator.\n"
     "On Linux systemd does this: systemctl enable --now poolhound-record.",
     "poolhound service install\trecords from now on\n"
     "poolhound service install \"D:\\Traces\\week.poolhound\" -t 30s\telsewhere, less often\n"
     "poolhound service status\twhether it runs\n",
     ph_cli_service},
    {PH_COMMAND_HELP, "help", "[COMMAND]", 0, 1, "explain a command",
     "Without a COMMAND: the overview.", "poolhound help hunt\thow to hunt\n", ph_cli_help},
};
const size_t ph_command_count = sizeof(ph_commands) / sizeof(ph_commands[0]);

const struct ph_command *ph_command_find(const char *name)
{
    for (size_t i = 0; i < ph_command_count; i++)
        if (!strcmp(name, ph_commands[i].name))
            return &ph_commands[i];
    return NULL;
}
