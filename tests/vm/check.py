#!/usr/bin/python3
"""check.py OUT KERNEL...: holds what poolhound said in the guests against the modules' own truth.

OUT/KERNEL/BOOT/SCENARIO/ holds the files of guest.sh. A line for each check, a sum at the end.
Exit status 0, 1 when a check failed, 77 when nothing was run.
"""

import json
import pathlib
import re
import sys

passed = failed = skipped = 0
reasons = []


def result(ok, where, text):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
    print(f"{'PASS' if ok else 'FAIL'} {where}: {text}", flush=True)


class Scenario:
    """The files of one scenario of one boot."""

    def __init__(self, kernel, folder):
        self.kernel, self.folder = kernel, folder
        self.where = f"{kernel} {folder.name}"

    def text(self, name):
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def check(self, ok, text):
        result(ok, self.where, text)
        return ok

    def truth(self, name):
        """function -> (ever, this round); of /proc/leaky"""
        lines = [line.split() for line in self.text(name).splitlines()]
        return {line[1]: (int(line[2]), int(line[3])) for line in lines if len(line) == 4}

    def leaked(self):
        """function -> objects between the files before and after"""
        before, after = self.truth("before"), self.truth("after")
        return {name: after[name][0] - before.get(name, (0, 0))[0] for name in after}

    def status(self, name):
        text = self.text(name + ".status").strip()
        return int(text) if text else None

    def document(self, name, statuses=(0, 1)):
        """The JSON of a run that ended well; None and a FAIL where there is none."""
        status = self.status(name)
        try:
            document = json.loads(self.text(name + ".out"))
        except ValueError:
            document = None
        if status not in statuses or document is None:
            said = " / ".join(self.text(name + ".err").splitlines()[-3:])
            self.check(False, f"{name}: exit status {status}, wanted {statuses}, "
                              f"{'JSON' if document else 'no JSON'}: {said or 'no message'}")
            return None
        return document

    def one_line(self, name, pattern):
        """A refusal: exit status 2 and exactly one line that says why."""
        lines = [line for line in self.text(name + ".err").splitlines() if line.strip()]
        ok = self.status(name) == 2 and len(lines) == 1 and re.search(pattern, lines[0])
        self.check(ok, f"{name}: exit status {self.status(name)}, {len(lines)} lines: "
                       f"{lines[0] if lines else 'nothing'}")


def owners_of(document, tag):
    """The owners that a hunt names for a tag, best first; None where the tag was not asked about."""
    for entry in document.get("owners", []):
        if entry["tag"] == tag:
            return entry["owners"]
    return None


def owner_text(owners):
    if owners is None:
        return "nobody was asked"
    if not owners:
        return "nobody"
    return f"{owners[0]['driver']} ({owners[0]['evidence']}: {owners[0]['reason']})"


def names_leaky(scenario, document, tag, routine=None):
    owners = owners_of(document, tag)
    ok = bool(owners) and owners[0]["driver"] == "leaky"
    if ok and routine:
        ok = routine in json.dumps(owners[0])
    scenario.check(ok, f"{tag}: {owner_text(owners)}")


def not_steady(scenario, document):
    """Nothing is laid to the module that leaks nothing."""
    accused = [entry["tag"] for entry in document.get("owners", [])
               if entry["owners"] and entry["owners"][0]["driver"] == "steady"]
    scenario.check(not accused, f"steady is accused of {len(accused)} tags"
                                f"{': ' + ', '.join(accused) if accused else ''}")


# --- the trace command's JSON: all that is known of its shape stands here -------------------------


def function_of(site):
    """The function that the memory is laid to: behind a helper its caller's."""
    return (site["owner"] or site["call"] or {}).get("function")


def module_of(site):
    return (site["owner"] or site["call"] or {}).get("module")


# How each function allocates. Large kmalloc and vmalloc take their memory as pages: where pages are
# traced too, they come a second time, as that kind.
KINDS = {
    "leaky_kmalloc_site": "kmalloc", "leaky_kvmalloc_site": "kmalloc",
    "leaky_kvmalloc_large_site": "kmalloc", "leaky_kvmalloc_huge_site": "vmalloc",
    "leaky_cache_site": "cache", "leaky_mergeable_site": "cache", "leaky_vmalloc_site": "vmalloc",
    "leaky_pages_site": "pages", "leaky_percpu_site": "percpu",
}
# Allocates in a function of the kernel that asked kmalloc for it; not inlined, no tail call.
HELPED = {"leaky_kvmalloc_large_site"}
BOOKKEEPING = {"alloc_vmap_area", "__get_vm_area_node", "__vmalloc_node_range",
               "__vmalloc_node_range_noprof"}


def by_function(document, module):
    found = {}
    for site in document["sites"]:
        function = function_of(site)
        if module_of(site) == module and KINDS.get(function, site["kind"]) == site["kind"]:
            found.setdefault(function_of(site), []).append(site)
    return found


def objects_of(sites):
    return sum(site["diff"] for site in sites)


def verdicts_of(sites):
    return sorted({site["age"]["verdict"] for site in sites})


# --- scenarios ------------------------------------------------------------------------------------


def trace(s):
    document = s.document("trace")
    if document is None:
        return
    leaked, sites = s.leaked(), by_function(document, "leaky")
    # Before 6.10 no trampoline takes the arguments of vmalloc's inner function: /proc/vmallocinfo
    # has them (the scenario hunt).
    without = {"leaky_vmalloc_site", "leaky_kvmalloc_huge_site"} if s.kernel == "6.1" else set()
    for function, truth in sorted(leaked.items()):
        if function in without and function not in sites:
            continue
        seen = objects_of(sites.get(function, []))
        verdicts = verdicts_of(sites.get(function, []))
        if function == "leaky_kvmalloc_huge_site":
            truth *= 2  # beside each area one for its page pointers, of the same caller
        if function in HELPED:
            # Stacks tell the owner only after a helper was first seen; nothing is told twice.
            s.check(truth * 0.8 <= seen <= truth,
                    f"{function} [leaky], behind a helper: {seen:g} of {truth} objects, {verdicts}")
        else:
            s.check(seen == truth, f"{function} [leaky]: {seen:g} of {truth} objects, {verdicts}")
        if truth > 100:
            reasons = {site["age"]["reason"] for site in sites.get(function, [])}
            s.check("staying" in verdicts, f"{function} [leaky]: {verdicts}, wanted staying"
                                           f"{'' if 'staying' in verdicts else ': ' + ' / '.join(reasons)}")
    for function, steady in sorted(by_function(document, "steady").items()):
        s.check("staying" not in verdicts_of(steady),
                f"{function} [steady]: {objects_of(steady):g} objects, {verdicts_of(steady)}")
    # What vmalloc() keeps about its areas stays with them. Who is not known is not accused.
    others = [f"{function_of(site)} [{module_of(site)}]" for site in document["sites"]
              if site["age"]["verdict"] == "staying" and module_of(site) != "leaky"
              and function_of(site) and site["call"].get("function") not in BOOKKEEPING]
    s.check(not others, f"accused beside leaky: {', '.join(others) or 'nobody'}")


def sampled(s):
    document, leaked = s.document("sampled"), s.leaked()
    if document:
        sites = by_function(document, "leaky")
        kinds = [name for name in leaked if name in sites and leaked[name] > 100]
        outside = far = 0
        for name in kinds:
            seen = objects_of(sites[name])
            low = sum(site["diff_low"] for site in sites[name])
            high = sum(site["diff_high"] for site in sites[name])
            outside += not low <= leaked[name] <= high
            far += not seen - 2 * (seen - low) <= leaked[name] <= seen + 2 * (high - seen)
            print(f"     {s.where}: {name}: ~{seen:g} ({low:g} to {high:g}) of {leaked[name]}")
        # 95 % intervals: one of twenty may miss; none may miss by as much again.
        s.check(len(kinds) >= 4 and outside <= 1 and far == 0,
                f"{len(kinds)} kinds by 1/16 of the addresses: {outside} intervals do not hold the truth")
    document = s.document("filtered")
    if document:
        sites = by_function(document, "leaky")
        seen = objects_of(sites.get("leaky_kmalloc_site", []))
        truth = leaked["leaky_kmalloc_site"]
        s.check(seen == truth, f"a second tracer beside it: leaky_kmalloc_site {seen:g} of {truth}")
        foreign = {f"{function_of(site)} [{module_of(site)}]" for site in document["sites"]
                   if module_of(site) != "leaky"}
        s.check(not foreign, f"--module leaky shows {len(foreign)} others {', '.join(foreign)}")


def hunt(s):
    document = s.document("hunt")
    if document is None:
        return
    names_leaky(s, document, "kmalloc-1k", "leaky_kmalloc_site")
    cache = next(finding for finding in document["findings"] if finding["tag"] == "leaky_cache")
    s.check(cache["verdict"] in ("GROWING", "LEAK_LIKELY"), f"leaky_cache: {cache['verdict']}")
    sites = [finding for finding in document["findings"] if finding["pool"] == "vmalloc"
             and finding["module"] == "leaky"]
    # No more than the name: the file is dear in a guest and read seldom, so a short hunt may see it
    # once. The number is for the snapshot.
    names = {finding["tag"] for finding in sites}
    s.check("leaky_vmalloc_site" in names, f"vmallocinfo: of leaky {', '.join(sorted(names)) or 'nothing'}")
    not_steady(s, document)
    snap = s.document("snap")
    if snap:
        rows = [row for row in snap["rows"] if "leaky_vmalloc_site" in row["tag"]]
        wanted = s.truth("after")["leaky_vmalloc_site"][0]
        s.check(len(rows) == 1 and abs(rows[0]["diff"] - wanted) <= 12,
                f"snap: leaky_vmalloc_site {rows[0]['diff'] if rows else None}, "
                f"truth a moment before {wanted}")


def killed(s):
    before, during, after = (int(s.text(name) or -1) for name in ("before", "while", "after"))
    s.check(before == after and during > before >= 0,
            f"BPF programs before, while, after kill -9: {before}, {during}, {after}")


def hotplug(s):
    document = s.document("hotplug")
    if document:
        seen = objects_of(by_function(document, "leaky").get("leaky_kmalloc_site", []))
        truth = s.truth("after")["leaky_kmalloc_site"][1]
        s.check(seen == truth, f"leaky_kmalloc_site {seen:g} of {truth} objects, a processor was off meanwhile")


def refused(s):
    s.one_line("norights.trace", "CAP_BPF|CAP_SYS_ADMIN|capabilit|right|permitted|privilege")
    s.one_line("nobody.trace", "root|CAP_BPF|CAP_SYS_ADMIN|capabilit|right|permitted|privilege")
    s.one_line("nobtf.trace", "BTF|btf")
    s.document("norights.hunt")
    document = s.document("memory.trace")
    if document:
        s.check("memory" in json.dumps(document.get("losses", [])).lower() or
                "objects" in json.dumps(document.get("losses", [])).lower(),
                f"maps refused: {json.dumps(document.get('losses'))}")


def unload(s):
    document = s.document("unload")
    if document is None:
        return
    truth, sites = s.truth("after"), by_function(document, "leaky")
    s.check("leaky " not in s.text("modules"), "the module went while it was traced")
    for function in ("leaky_kmalloc_site", "leaky_cache_site"):
        seen = objects_of(sites.get(function, []))
        s.check(seen == truth[function][1], f"{function} [leaky]: {seen:g} of {truth[function][1]}")


def lockdown(s):
    s.check("[confidentiality]" in s.text("lockdown"), s.text("lockdown").strip())
    s.one_line("trace", "locked down")
    s.document("hunt")


def slubdebug(s):
    # First the kernel's own exact list against the module's truth: is the ruler straight?
    listed = sum(int(match) for match in re.findall(
        r"^ *(\d+) leaky_kmalloc_site\+", s.text("alloc_traces"), re.M))
    s.check(listed > 0 and listed >= s.truth("after")["leaky_kmalloc_site"][0],
            f"the kernel lists {listed} objects of leaky_kmalloc_site, the module said "
            f"{s.truth('after')['leaky_kmalloc_site'][0]} a moment before")
    who = s.document("who")
    if who:
        owners = who.get("owners") or []
        truth = s.truth("before")["leaky_kmalloc_site"][0]
        ok = owners and owners[0]["driver"] == "leaky"
        s.check(ok, f"who kmalloc-1k, leaked before poolhound began: {owner_text(owners)}")
        s.check(ok and re.search(rf"\b{truth:,}\b|\b{truth}\b", owners[0]["reason"] or ""),
                f"its reason tells the truth, {truth} objects: {owner_text(owners)}")
    document = s.document("hunt")
    if document:
        names_leaky(s, document, "kmalloc-1k")
        not_steady(s, document)


def allocinfo(s):
    truth = s.truth("after")
    lines = re.findall(r"^ *(-?\d+) +(-?\d+) \S+ \[leaky\] func:(\w+)", s.text("allocinfo"), re.M)
    listed = {function: int(calls) for _, calls, function in lines}
    snap, document = s.document("snap"), s.document("hunt")
    rows = {row["tag"]: row for row in (snap or {"rows": []})["rows"]}
    for function, (ever, _) in sorted(truth.items()):
        row = next((rows[tag] for tag in rows if function in tag), None)
        calls = listed.get(function)
        s.check(row is not None and row["diff"] == calls,
                f"{function}: snap {row['diff'] if row else None}, allocinfo {calls}, objects {ever}")
        if "vmalloc" not in function and "percpu" not in function and "kvmalloc_huge" not in function:
            s.check(calls == ever, f"{function}: the kernel counts {calls}, the module {ever}")
    if document:
        growing = {finding["tag"] for finding in document["findings"]
                   if finding["module"] == "leaky" and finding["verdict"] in ("GROWING", "LEAK_LIKELY")}
        s.check(any("leaky_kmalloc_site" in tag for tag in growing),
                f"hunt: of leaky {len(growing)} sites grow")
        accused = [finding["tag"] for finding in document["findings"]
                   if finding["module"] == "steady" and finding["verdict"] == "GROWING"]
        s.check(not accused, f"hunt: of steady {len(accused)} sites grow")


SCENARIOS = {"tracing": [hunt, trace],
             "conditions": [sampled, killed, hotplug, refused, unload, lockdown],
             "slubdebug": [slubdebug], "profiling": [allocinfo]}
# A line of the kernel's log that says poolhound or a module broke something. kmem_cache_destroy and
# others print a trace too.
COMPLAINT = re.compile(r"BUG:|WARNING:|Oops|general protection|Call Trace|rcu_.*stall|soft lockup")


def boot(kernel, name, folder, out):
    global failed
    path = out / kernel / f"{name}.status"
    status = path.read_text().strip() if path.exists() else "none"
    said = {"124": "the time limit was reached", "125": "the guest died", "none": "was not begun"}
    log = out / kernel / f"{name}.log"
    if status == "77":
        skip(kernel, log.read_text().strip())
        return
    if status != "0":
        console = folder / "console"
        last = console.read_text(errors="replace").splitlines()[-3:] if console.exists() else []
        result(False, f"{kernel} {name}", f"{said.get(status, 'exit status ' + status)}: "
                                          f"{log.read_text().strip() if log.exists() else ''} {' / '.join(last)}")
    for function in SCENARIOS[name]:
        scenario = Scenario(kernel, folder / function.__name__)
        if not (scenario.folder / "uptime").exists():
            scenario.check(False, "was not run to its end")
            continue
        try:
            function(scenario)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            scenario.check(False, f"cannot be judged: {type(error).__name__}: {error}")
        complaint = COMPLAINT.search(scenario.text("dmesg"))
        if complaint:
            line = next(line for line in scenario.text("dmesg").splitlines() if complaint.group() in line)
            scenario.check(False, f"the kernel complained: {line}")


def skip(where, text):
    global skipped
    skipped += 1
    reasons.append(re.sub("^SKIP: ", "", text))
    print(f"SKIP {where}: {reasons[-1]}", flush=True)


def main():
    out = pathlib.Path(sys.argv[1])
    for kernel in sys.argv[2:]:
        reason = out / kernel / "skip"
        if reason.exists():
            text = reason.read_text().strip()
            if text.startswith("SKIP"):
                skip(kernel, text)
            else:
                result(False, kernel, text or "no kernel, and no reason why")
            continue
        for name in (["profiling"] if kernel == "profiling" else ["tracing", "conditions", "slubdebug"]):
            boot(kernel, name, out / kernel / name, out)
    if passed + failed == 0:
        print(f"SKIP: {reasons[0] if reasons else 'nothing was run'}")
        sys.exit(77)
    print(f"vm-test: {passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)


main()
