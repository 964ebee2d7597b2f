# Compares `poolhound scan --csv --all` with a manifest (see fixtures.manifest for its columns).
#     awk [-v summary=1] -f compare.awk MANIFEST FILES SCAN.csv
# FILES lists the paths that were scanned, one a line. A file is known by its last folder (the
# machine) and its name up to the first dash. One line a difference, exit status 1 when there is
# one; summary=1 adds a line with what was counted.
BEGIN {
    FS = ","
    OFS = ","
}

function differs(file, text) {
    printf "%s: %s\n", file, text
    differences++
}

# Strong evidence says that the driver owns the tag.
function strong(evidence) {
    return evidence == "call-site" || evidence == "table"
}

function allowed(list, value,    words, n, i) {
    n = split(list, words, "|")
    for (i = 1; i <= n; i++)
        if (words[i] == "*" || words[i] == value)
            return 1
    return 0
}

/^#/ || /^$/ {
    next
}

FILENAME == ARGV[1] {
    sub(/\r$/, "")
    wants++
    driver[wants] = $1
    machine[wants] = $2
    tag[wants] = $3
    gsub(/^"|"$/, "", tag[wants])
    evidence[wants] = $4
    pool[wants] = $5
    routine[wants] = $6
    sites[wants] = $7
    next
}

function file_of(path,    part, n) {
    gsub(/^"|"$/, "", path)
    n = split(path, part, "/")
    return part[n - 1] "/" part[n]
}

FILENAME == ARGV[2] {
    file = file_of($0)
    files[file] = 1
    split(file, part, "/")
    machine_of[file] = part[1]
    sub(/-.*/, "", part[2])
    sub(/\.[sS][yY][sS]$/, "", part[2])
    name_of[file] = part[2]
    next
}

FNR == 1 {
    if ($0 !~ /^path,tag,tag_hex,evidence,pool,routine,sites,/)
        differs(FILENAME, "not the header of a scan: " $0)
    next
}

{
    path = file_of($1)
    if (!(path in files))
        differs(path, "was not asked for")
    text = $2
    gsub(/^"|"$/, "", text)
    if ($4 == "unresolved") {
        unresolved[path]++
        all_unresolved++
        next
    }
    key = path SUBSEP text SUBSEP $6 SUBSEP $4
    got_sites[key] += $7
    got_pool[key] = $5
    claim_path[key] = path
    claim_tag[key] = text
    claim_evidence[key] = $4
}

# One line of the manifest against one file.
function check(want, path,    words, n, i, key, found, wrong_pool, total) {
    if (evidence[want] == "unresolved") {
        n = split(sites[want], words, "-")
        expected[path] = 1
        if (unresolved[path] + 0 < words[1] || unresolved[path] + 0 > words[n])
            differs(path, unresolved[path] + 0 " unresolved sites, wanted " sites[want])
        return
    }
    n = split(evidence[want], words, "|")
    for (i = 1; i <= n; i++) {
        key = path SUBSEP tag[want] SUBSEP routine[want] SUBSEP words[i]
        if (!(key in got_sites))
            continue
        found = 1
        total += got_sites[key]
        if (!allowed(pool[want], got_pool[key]))
            wrong_pool = got_pool[key]
    }
    if (strong(words[1])) {
        true_pair[path SUBSEP tag[want]] = 1
        if (found)
            found_pair[path SUBSEP tag[want]] = 1
    }
    if (!found)
        differs(path, "no " evidence[want] " of '" tag[want] "' by " routine[want])
    else if (total < sites[want])
        differs(path, total " sites of '" tag[want] "' by " routine[want] ", wanted " sites[want])
    else if (wrong_pool != "")
        differs(path, "'" tag[want] "' by " routine[want] ": pool " wrong_pool ", wanted " pool[want])
}

END {
    for (want = 1; want <= wants; want++) {
        hits = 0
        for (path in files)
            if (name_of[path] == driver[want] &&
                (machine[want] == "any" || machine[want] == machine_of[path])) {
                check(want, path)
                hits++
            }
        if (!hits)
            differs(driver[want], "no such file among those scanned")
    }
    for (path in unresolved)
        if (!(path in expected))
            differs(path, unresolved[path] " unresolved sites, wanted none")
    for (key in claim_path) {
        pair = claim_path[key] SUBSEP claim_tag[key]
        if (strong(claim_evidence[key]) && !(pair in true_pair))
            false_pair[pair] = 1
    }
    for (pair in false_pair) {
        split(pair, part, SUBSEP)
        differs(part[1], "falsely called owner of '" part[2] "'")
        wrong++
    }
    for (pair in true_pair)
        truths++
    for (pair in found_pair)
        right++
    if (summary)
        printf "%d of %d (driver, tag) pairs found, %d false, %d unresolved sites\n", right,
            truths, wrong, all_unresolved
    exit (differences > 0)
}
