"""What `igh-geo purge --results` does: results that are past their day are destroyed."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path

from igh_geo.cli.parts import DONE


def purge_results(options: argparse.Namespace, *, now: dt.datetime) -> int:
    """Destroy results that are past their day, and note each in the audit log.

    Parameters
    ----------
    options : argparse.Namespace
        ``out``, ``private``, ``today``, ``dry_run``, ``json`` and ``quiet`` of the command.
    now : datetime.datetime

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    OutputError
        When a file cannot be removed, or the audit log cannot be written or was changed.
    """
    from igh_geo.out.audit import AUDIT, note_destroyed, verify
    from igh_geo.out.restricted.leftovers import destroy, destroy_rejected, expired_results

    private: Path = options.private or options.out.resolve().parent / "private"
    log = private / AUDIT
    # Before anything is gone that could then not be noted.
    verify(log)
    told = []
    for result in expired_results(options.out, today=options.today or now.date()):
        kept: tuple[str, ...] = ()
        if not options.dry_run:
            kept = destroy(result)
            destroy_rejected(private, result.folder.name)
            note_destroyed(log, lens=result.folder.name, files=result.files, kept=kept, now=now)
        told.append(
            {
                "folder": str(result.folder),
                "destroy_by": result.destroy_by.isoformat(),
                "files": list(result.files),
                "kept": list(kept),
            }
        )
        if not options.json and not options.quiet:
            verb = "would destroy" if options.dry_run else "destroyed"
            left = f"; left, as no run made it: {', '.join(kept)}" if kept else ""
            print(
                f"{result.folder}: {verb} {len(result.files)} files, "
                f"to be gone by {result.destroy_by}{left}"
            )
    if options.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    elif not told and not options.quiet:
        print(f"{options.out}: no result is past its day")
    elif (index := options.out / "index.html").exists() and not (options.dry_run or options.quiet):
        print(f"{index}: may still name what is gone; the next run of several lenses renews it")
    return DONE
