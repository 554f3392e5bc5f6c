"""The workbook, encrypted as Excel itself does."""

from __future__ import annotations

import io


def encrypt_workbook(content: bytes, *, passphrase: str) -> bytes:
    """Encrypt a workbook, so that Excel and LibreOffice ask for the passphrase.

    Parameters
    ----------
    content : bytes
        A workbook (.xlsx).
    passphrase : str

    Returns
    -------
    bytes
        The workbook with "agile" encryption of ECMA-376: AES-256, SHA-512, 100,000 rounds.
    """
    from msoffcrypto.format.ooxml import OOXMLFile

    locked = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(passphrase, locked)
    return locked.getvalue()
