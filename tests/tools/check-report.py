#!/usr/bin/env python3
"""Checks a report in HTML: its structure strictly, and its claims against the JSON of the same hunt.

usage: check-report.py REPORT.html [REPORT.json]
Prints what is wrong, a line each; exit status 1 then.
"""
import json
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link", "col", "wbr"}
ALLOWED = set(
    "html head meta title style body header nav main section p h1 h2 h3 ul li a dl div dt dd table "
    "caption thead tbody tr th td span code time strong blockquote details summary figure "
    "figcaption svg g path rect line polyline polygon circle text tspan desc title defs clippath "
    "use".split()
)
SVG = {"svg", "g", "path", "rect", "line", "polyline", "polygon", "circle", "text", "tspan", "desc",
       "defs", "clippath"}
SCOPES = {"col", "row"}
problems = []


def problem(text):
    problems.append(text)


class Report(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.ids, self.links, self.labels = [], set(), [], []
        self.headings, self.text, self.cells, self.rows = [], {}, None, []
        self.h1 = ""

    def where(self):
        return "line %d" % self.getpos()[0]

    def handle_starttag(self, tag, attributes):
        attrs = dict(attributes)
        if len(attrs) != len(attributes):
            problem("%s: an attribute of <%s> stands there twice" % (self.where(), tag))
        if tag not in ALLOWED:
            problem("%s: <%s> has no place in a report" % (self.where(), tag))
        for name, value in attributes:
            if name.startswith("on"):
                problem("%s: %s is a script" % (self.where(), name))
            if name in ("src", "srcset", "data", "action", "background", "xlink:href"):
                problem("%s: %s=%r reads something from elsewhere" % (self.where(), name, value))
            if name == "href" and not (tag == "a" and re.match(r"#[a-z-]+$|https://", value or "")):
                problem("%s: <%s href=%r>" % (self.where(), tag, value))
            if "url(" in (value or "") and name not in ("aria-label", "content") and \
                    not re.search(r"url\(#[\w-]+\)", value):
                problem("%s: %s=%r" % (self.where(), name, value))
        if attrs.get("id") is not None:
            if attrs["id"] in self.ids:
                problem("%s: id %r stands there twice" % (self.where(), attrs["id"]))
            self.ids.add(attrs["id"])
        if tag == "a" and (attrs.get("href") or "").startswith("#"):
            self.links.append(attrs["href"][1:])
        for name in ("aria-labelledby", "aria-describedby"):
            self.labels += (attrs.get(name) or "").split()
        if tag == "th" and attrs.get("scope") not in SCOPES:
            problem("%s: a <th> without scope" % self.where())
        if tag == "svg" and not (attrs.get("role") == "img" or attrs.get("aria-hidden") == "true"):
            problem("%s: a picture that is neither named nor hidden" % self.where())
        if tag in ("h1", "h2", "h3"):
            self.headings.append((int(tag[1]), self.where()))
        if tag == "tr":
            self.cells = []
        if tag in ("td", "th") and self.cells is not None:
            self.cells.append("")
        if tag not in VOID:
            self.stack.append((tag, self.where()))

    def handle_startendtag(self, tag, attributes):
        if not any(open_tag == "svg" for open_tag, _ in self.stack):
            problem("%s: <%s/> outside of a picture" % (self.where(), tag))
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1][0] != tag:
            problem("%s: </%s> closes %s" % (self.where(), tag, self.stack[-1:] or "nothing"))
            return
        self.stack.pop()
        if tag == "tr" and self.cells is not None:
            self.rows.append(self.cells)
            self.cells = None

    def handle_data(self, data):
        for character in data:
            if (ord(character) < 32 and character not in "\n") or ord(character) in (
                    0x7f, 0xfffd, 0x202e, 0x202d, 0x200b, 0x2066, 0x2067):
                problem("%s: character U+%04X" % (self.where(), ord(character)))
        tag = self.stack[-1][0] if self.stack else ""
        if self.stack and any(open_tag == "h1" for open_tag, _ in self.stack):
            self.h1 += data
        if self.cells and tag != "tr":
            self.cells[-1] += data
        self.text[tag] = self.text.get(tag, "") + data

    def handle_comment(self, data):
        problem("%s: a comment" % self.where())

    def handle_decl(self, decl):
        if decl.lower() != "doctype html" or self.getpos() != (1, 0):
            problem("%s: <!%s>" % (self.where(), decl))


def structure(report, source):
    for tag, where in report.stack:
        problem("%s: <%s> is never closed" % (where, tag))
    for name in report.links + report.labels:
        if name not in report.ids:
            problem("nothing has the id %r" % name)
    level = 0
    for heading, where in report.headings:
        if heading > level + 1:
            problem("%s: <h%d> below <h%d>" % (where, heading, level))
        level = heading
    if [heading for heading, _ in report.headings].count(1) != 1:
        problem("not one <h1>")
    for need in ('<html lang="en">', '<meta charset="utf-8">', "<title>", "<main>", "<nav ",
                 "default-src 'none'"):
        if need not in source:
            problem("no %s" % need)
    if re.search(r"@import|url\s*\(|expression\(|</style.*</style", report.text.get("style", "")):
        problem("the style sheet reads something")
    if len(source.encode()) >= 500 * 1000:
        problem("%d bytes" % len(source.encode()))


UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4, "PB": 1024**5,
         "EB": 1024**6}
TIMES = {"s": 1, "min": 60, "h": 3600, "d": 86400, "reading": 1}


def sizes_agree(shown, bytes_):
    match = re.fullmatch(r"[~>]*(-?[\d.]+)\s*([KMGTPE]?B)", shown)
    if not match:
        return bytes_ is None and shown in ("?", "gone")
    value = float(match[1]) * UNITS[match[2]]
    return bytes_ is not None and abs(value - bytes_) <= abs(bytes_) * .0051 + 1


def rates_of(finding):
    """The rate and its interval, in bytes a second or a reading."""
    return [finding.get(name + "_bytes_per_s", finding.get(name + "_bytes_per_reading"))
            for name in ("rate", "rate_low", "rate_high")]


def rates_agree(shown, finding):
    match = re.fullmatch(r"(-?[\d.]+) ([KMGTPE]?B)/(\w+) \((-?[\d.]+) to (-?[\d.]+)\)", shown)
    if not match:
        return rates_of(finding)[0] is None
    factor = UNITS[match[2]] / TIMES[match[3]]
    for number, claimed in zip((match[1], match[4], match[5]), rates_of(finding)):
        digits = len(number.partition(".")[2])
        if claimed is None or abs(float(number) - claimed / factor) > .501 * 10**-digits:
            return False
    return True


VERDICTS = {"LEAK": "LEAK_CONFIRMED", "LEAK likely": "LEAK_LIKELY", "GROWING": "GROWING",
            "URGENT": "GROWING"}


def plain(text):
    return text.replace("\u00a0", " ").strip()


CLEARED = ("FLAT", "CYCLIC", "STEP", "LEVELLING")


def pools_agree(report, hunt):
    rows = [[plain(cell) for cell in row] for row in report.rows]
    rows = [row for row in rows if len(row) == 7 and row[0] != "Pool"]
    if [row[0] for row in rows] != [pool["pool"] for pool in hunt["pools"]]:
        problem("pools %s" % [row[0] for row in rows])
    for row, pool in zip(rows, hunt["pools"]):
        if not sizes_agree(row[1], pool["bytes"]) or not sizes_agree(row[2], pool["limit_bytes"]):
            problem("pool %s, in the JSON %s, %s" % (row[:3], pool["bytes"], pool["limit_bytes"]))


def cleared_agree(report, hunt):
    match = re.search(r"Examined ([\d,]+) tags?, cleared ([\d,]+)([^.]*)\.", plain(report.everything))
    counts = {name: hunt["verdicts"][name] for name in CLEARED if hunt["verdicts"][name]}
    if not match:
        if counts:
            problem("nothing says what was cleared")
        return
    said = {name: int(number.replace(",", ""))
            for number, name in re.findall(r"([\d,]+) (%s)" % "|".join(CLEARED), match[3])}
    if said != counts or int(match[1].replace(",", "")) != len(hunt["findings"]) or \
            int(match[2].replace(",", "")) != sum(counts.values()):
        problem("%r, in the JSON %s of %d" % (match[0], counts, len(hunt["findings"])))


def claims(report, hunt):
    pools_agree(report, hunt)
    cleared_agree(report, hunt)
    growing = [f for f in hunt["findings"]
               if f["verdict"] in ("GROWING", "LEAK_LIKELY", "LEAK_CONFIRMED")]
    rows = [[plain(cell) for cell in row] for row in report.rows]
    rows = [row for row in rows if len(row) == 6 and row[1] in VERDICTS]
    if len(rows) != min(len(growing), 200):
        problem("%d growing tags in the table, %d in the JSON" % (len(rows), len(growing)))
    for row, finding in zip(rows, growing):
        if VERDICTS[row[1]] != finding["verdict"]:
            problem("%s: verdict %s, in the JSON %s" % (row[0], row[1], finding["verdict"]))
        if row[2] != finding["pool"]:
            problem("%s: pool %s, in the JSON %s" % (row[0], row[2], finding["pool"]))
        if finding["tag"] and not row[0].startswith(plain(finding["tag"])[:12]):
            problem("%s: tag %r in the JSON" % (row[0], finding["tag"]))
        if not rates_agree(row[3], finding):
            problem("%s: rate %s, in the JSON %s" % (row[0], row[3], rates_of(finding)))
        if not finding.get("gone") and not sizes_agree(row[4], finding["last_bytes"]):
            problem("%s: %s, in the JSON %s" % (row[0], row[4], finding["last_bytes"]))
    headline = plain(report.h1)
    leaks = sum(f["verdict"].startswith("LEAK") for f in growing)
    if leaks and not re.match(r"%s tags? " % format(leaks, ","), headline):
        problem("headline %r, %d leaks in the JSON" % (headline, leaks))
    if not growing and not re.match(r"Nothing leaks|Too little", headline):
        problem("headline %r, nothing grows in the JSON" % headline)
    shown = re.search(r"-?[\d.]+ [KMGTPE]?B/\w+ \([^)]*\)", headline)
    about = next((f for f in growing if f["verdict"].startswith("LEAK")), None) or \
        next((f for f in growing if f["urgent"]), None) or (growing or [None])[0]
    if shown and about and not rates_agree(shown[0], about):
        problem("headline %r, in the JSON %s" % (headline, rates_of(about)))
    limit = re.search(r"is full in ([\d.]+) (\w+)", headline)
    if limit and about:
        seconds = about.get("limit_s")
        unit = TIMES.get(limit[2], 365.25 * 86400)
        if seconds is None or abs(float(limit[1]) * unit - seconds) > seconds * .06:
            problem("headline %r, limit in the JSON %s" % (headline, seconds))
    for tag in hunt["findings"][:2000]:
        if tag["tag"] and plain(tag["tag"])[:8] not in report.everything:
            problem("%r is nowhere in the report" % tag["tag"])


def main():
    source = open(sys.argv[1], encoding="utf-8").read()
    report = Report()
    report.feed(source)
    report.close()
    report.everything = " ".join(report.text.values())
    structure(report, source)
    if len(sys.argv) > 2:
        claims(report, json.load(open(sys.argv[2], encoding="utf-8")))
    for line in problems[:20]:
        print("%s: %s" % (sys.argv[1], line))
    return 1 if problems else 0


sys.exit(main())
