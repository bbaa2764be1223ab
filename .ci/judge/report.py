"""The tables of docs/conformance-judges.md: results by mode, and the mistakes."""

from pathlib import Path
from typing import TYPE_CHECKING

from verdict import Mistake

if TYPE_CHECKING:
    from run import Result

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance-judges.md"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def results_table(results: "list[Result]") -> str:
    """Passed and failed cases by judge; a failed one is a known mistake, or the run is red."""
    modes = list(dict.fromkeys(r.mode for r in results))
    rows = ["| judge | version | " + " | ".join(modes) + " |", "|---|---|" + "---|" * len(modes)]
    for judge in dict.fromkeys(r.judge for r in results):
        cells = []
        for r in (r for r in results if r.judge == judge):
            n = r.count()
            cells.append(f"{n['passed']} passed" + (f", {n['failed']} mistaken" if n["failed"] else "") + (f", {n['skipped']} skipped" if n["skipped"] else ""))
        rows.append(f"| {judge.name} | {judge.version} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def mistakes_table(mistakes: list[Mistake]) -> str:
    rows = ["| judge | modes | case | what it demands | what the RFC says |", "|---|---|---|---|---|"]
    for m in mistakes:
        rows.append("| " + " | ".join((f"{m.judge} {m.version}", ", ".join(m.modes), f"`{cell(m.case)}`", cell(m.demands), cell(m.rfc))) + " |")
    return "\n".join(rows)


def between(text: str, name: str, table: str) -> str:
    """Replace what stands between the two markers of that name."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    head, found, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{PAGE.name} lacks the markers of {name}")
    return head + begin + table + end + tail


def write_page(results: "list[Result]", mistakes: list[Mistake], *, write: bool, whole: bool) -> list[str]:
    """Bring the page up to date, or complain that its mistakes are not those of the list.

    The results are only written: their numbers follow the schemas, and a stale
    number is no defect of the server.
    """
    page = PAGE.read_text()
    new = between(page, "mistakes", mistakes_table(mistakes))
    if not write:
        return [] if new == page else [f"docs/{PAGE.name} is not up to date: run ./.ci/judges --write"]
    if whole:
        new = between(new, "results", results_table(results))
    PAGE.write_text(new)
    return []
