/* bench_identify - files a second of `poolhound identify` beside what people run today for each
 * file: `osslsigncode verify` and `sha256sum`. Interleaved in one run; CPU is user + system time of
 * the command and its children, medians over the rounds. Then the verdicts of both, file by file.
 *
 *     bench_identify [DIRECTORY OF DRIVERS [FILES [ROUNDS [PATH OF POOLHOUND]]]]
 *
 * The directory is what tools/fetch-drivers fills; its files are copied until there are FILES.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 200, ROUNDS = 5, MOST = 4096, OUTPUT_MOST = 1 << 22 };

static char *files[MOST];
static size_t file_count;
static const char *bundle = "/etc/ssl/certs/ca-certificates.crt";

struct cost {
    double cpu, wall;
};

static bool is_driver(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && !strcmp(name + length - 4, ".sys");
}

// NOLINTNEXTLINE(misc-no-recursion): a few levels of a folder that we made
static void collect(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    while (directory && (entry = readdir(directory)) && file_count < MOST) {
        char *name = NULL;
        struct stat facts;
        if (entry->d_name[0] == '.' || asprintf(&name, "%s/%s", path, entry->d_name) < 0)
            continue;
        if (!stat(name, &facts) && S_ISDIR(facts.st_mode))
            collect(name);
        else if (is_driver(name))
            files[file_count++] = strdup(name);
        free(name);
    }
    if (directory)
        (void)closedir(directory);
}

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Runs a command; its standard output goes into `output` (NULL: nowhere). Its exit status. */
static int run(char *const *command, char *output, struct cost *cost)
{
    int ends[2];
    struct rusage used;
    int status = -1;
    size_t size = 0;
    double start = now();

    if (pipe(ends))
        return -1;
    pid_t child = fork();
    if (!child) {
        int nowhere = open("/dev/null", O_WRONLY);
        (void)dup2(ends[1], 1);
        (void)dup2(output ? ends[1] : nowhere, 2);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execvp(command[0], command);
        _exit(127);
    }
    (void)close(ends[1]);
    for (char piece[65536];;) {
        ssize_t got = read(ends[0], piece, sizeof(piece));
        if (got <= 0)
            break;
        if (output && size + (size_t)got < OUTPUT_MOST) {
            memcpy(output + size, piece, (size_t)got);
            size += (size_t)got;
        }
    }
    (void)close(ends[0]);
    if (output)
        output[size] = 0;
    if (child < 0 || wait4(child, &status, 0, &used) < 0)
        return -1;
    if (cost) {
        cost->cpu += seconds(used.ru_utime) + seconds(used.ru_stime);
        cost->wall += now() - start;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void peer(size_t count, struct cost *cost)
{
    for (size_t i = 0; i < count; i++) {
        char *verify[] = {"osslsigncode", "verify",       "-ignore-crl", "-CAfile", (char *)bundle,
                          "-TSA-CAfile",  (char *)bundle, "-in",         files[i],  NULL};
        char *sum[] = {"sha256sum", files[i], NULL};
        (void)run(verify, NULL, cost);
        (void)run(sum, NULL, cost);
    }
}

static int ours(const char *program, size_t count, char *output, struct cost *cost)
{
    char **command = calloc(count + 6, sizeof(*command));
    size_t at = 0;

    if (!command)
        exit(2);
    command[at++] = (char *)program;
    command[at++] = "identify";
    command[at++] = "-h";
    command[at++] = "-i";
    command[at++] = output ? "--json" : "-q";
    for (size_t i = 0; i < count; i++)
        command[at++] = files[i];
    int status = run(command, output, cost);
    free(command);
    return status;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), by_size);
    return values[count / 2];
}

/* What osslsigncode says of the file's digest and signature, without its chain: "none", "intact",
 * "broken". */
static const char *verdict_of_peer(const char *path, char *output)
{
    char *verify[] = {"osslsigncode", "verify",       "-ignore-crl", "-CAfile",    (char *)bundle,
                      "-TSA-CAfile",  (char *)bundle, "-in",         (char *)path, NULL};

    (void)run(verify, output, NULL);
    if (strstr(output, "No signature found"))
        return "none";
    if (strstr(output, "MISMATCH"))
        return "broken";
    return strstr(output, "Current message digest") || strstr(output, "Message digest") ? "intact"
                                                                                        : "broken";
}

/* The trust of the n-th file in our JSON, as the same three words. */
static const char *verdict_of_ours(const char **at)
{
    static const char *const INTACT[] = {"trusted", "cross-signed", "unanchored", "expired",
                                         "wrong-use"};
    const char *trust = strstr(*at, "\"path\":");
    const char *found = trust ? strstr(trust, "\"trust\":") : NULL;

    if (!found)
        return "?";
    *at = found + 8;
    found += strspn(found + 8, " \"") + 8;
    for (size_t i = 0; i < sizeof(INTACT) / sizeof(INTACT[0]); i++)
        if (!strncmp(found, INTACT[i], strlen(INTACT[i])))
            return "intact";
    return !strncmp(found, "unsigned", 8) ? "none" : "broken";
}

static void compare(const char *program, size_t distinct)
{
    static char mine[OUTPUT_MOST], theirs[OUTPUT_MOST];
    size_t same = 0;

    (void)ours(program, distinct, mine, NULL);
    const char *at = mine;
    for (size_t i = 0; i < distinct; i++) {
        const char *a = verdict_of_ours(&at), *b = verdict_of_peer(files[i], theirs);
        same += !strcmp(a, b);
        if (strcmp(a, b) != 0)
            printf("  differs: %s: poolhound %s, osslsigncode %s\n", files[i], a, b);
    }
    printf("verdicts (none, intact, broken): %zu of %zu files the same\n", same, distinct);
}

/* Another file with the same bytes, in a folder of ours. */
static char *copy_of(const char *path, const char *folder, size_t number)
{
    char *name = NULL, bytes[65536];
    FILE *from = fopen(path, "rb");
    size_t got;

    if (!from || asprintf(&name, "%s/%zu.sys", folder, number) < 0)
        exit(2);
    FILE *to = fopen(name, "wb");
    while (to && (got = fread(bytes, 1, sizeof(bytes), from)) > 0)
        if (fwrite(bytes, 1, got, to) != got)
            exit(2);
    if (!to || fclose(to))
        exit(2);
    (void)fclose(from);
    return name;
}

int main(int argc, char **argv)
{
    const char *directory = argc > 1 ? argv[1] : "build/drivers";
    size_t wanted = argc > 2 ? (size_t)atol(argv[2]) : FILES;
    size_t rounds = argc > 3 ? (size_t)atol(argv[3]) : ROUNDS;
    const char *program = argc > 4 ? argv[4] : "build/poolhound";
    double cpu[2][64], wall[2][64];

    collect(directory);
    size_t distinct = file_count;
    if (!distinct) {
        printf("bench_identify: no .sys file below %s: run tools/fetch-drivers %s first\n",
               directory, directory);
        return 2;
    }
    char folder[] = "/tmp/bench-identify-XXXXXX";
    if (!mkdtemp(folder))
        return 2;
    for (; file_count < wanted && file_count < MOST; file_count++)
        files[file_count] = copy_of(files[file_count - distinct], folder, file_count);
    if (wanted > file_count)
        wanted = file_count;
    if (rounds > 64)
        rounds = 64;
    printf("%zu files (%zu distinct), %zu rounds, medians\n", wanted, distinct, rounds);
    for (size_t i = 0; i < rounds; i++) {
        struct cost a = {0}, b = {0};
        peer(wanted, &a);
        (void)ours(program, wanted, NULL, &b);
        cpu[0][i] = a.cpu;
        cpu[1][i] = b.cpu;
        wall[0][i] = a.wall;
        wall[1][i] = b.wall;
    }
    double peer_wall = median(wall[0], rounds), our_wall = median(wall[1], rounds);
    double peer_cpu = median(cpu[0], rounds), our_cpu = median(cpu[1], rounds);
    printf("osslsigncode verify + sha256sum  %8.1f files/s  %7.3f s CPU\n",
           (double)wanted / peer_wall, peer_cpu);
    printf("poolhound identify -h -i         %8.1f files/s  %7.3f s CPU\n",
           (double)wanted / our_wall, our_cpu);
    printf("ratio: %.1f times as many files a second, %.2f of the CPU time\n", peer_wall / our_wall,
           our_cpu / peer_cpu);
    compare(program, distinct);
    for (size_t i = distinct; i < file_count; i++)
        (void)unlink(files[i]);
    return rmdir(folder) != 0;
}
