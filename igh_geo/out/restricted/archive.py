"""The archive: the plain files in a ZIP that opens with a passphrase only."""

from __future__ import annotations

import datetime as dt
from pathlib import Path


def write_archive(folder: Path, path: Path, *, passphrase: str, day: dt.date) -> None:
    """Put the files of a folder in an archive, each encrypted with AES-256.

    Parameters
    ----------
    folder : Path
        Its files are named after their kind ("map.html"); names stay legible in a ZIP.
    path : Path
        The archive.
    passphrase : str
    day : datetime.date
        Date that the files bear.

    Raises
    ------
    OSError
        When the archive cannot be written.

    Notes
    -----
    The format of WinZip, AE-2: AE-1 would give the checksum of every plain file. 7-Zip and macOS
    with Keka open it; the Explorer of Windows does not. Its key comes from 1,000 rounds of PBKDF2,
    which the format fixes: here the passphrase must be strong by itself.
    """
    import pyzipper
    from pyzipper.zipfile_aes import WZ_AES_V2, AESZipInfo

    with pyzipper.AESZipFile(path, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        archive.setpassword(passphrase.encode("utf-8"))
        archive.setencryption(pyzipper.WZ_AES, nbits=256, force_wz_aes_version=WZ_AES_V2)
        for file in sorted(folder.iterdir()):
            entry = AESZipInfo(file.name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = pyzipper.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
