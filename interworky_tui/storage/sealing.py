"""Encrypting a file with a passphrase, so that the ``age`` program opens it, too.

What is sealed is compressed first: ``age -d office.db.gz.age | gunzip > office.db``. The library
keeps everything in memory and lets no other thread run, so it has a process of its own.
"""

import gzip
import io
import shutil
import subprocess
import sys
import zlib
from importlib.util import find_spec
from pathlib import Path

from interworky_tui.domain.errors import StoreProblem

SEALED = ".gz.age"
"""How the names of sealed files end."""
_MAGIC = b"age-encryption.org/v1\n"
_WRONG, _BROKEN, _NO_ROOM = 3, 4, 5
"""Exit statuses of the other process."""


def is_sealed(file: Path) -> bool:
    """Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(len(_MAGIC)) == _MAGIC


def seal(source: Path, target: Path, passphrase: str) -> None:
    """Into ``target``, which exists; it was opened again and compared. Raises StoreProblem."""
    _in_a_process("seal", source, target, passphrase)


def unseal(source: Path, target: Path, passphrase: str) -> None:
    """Into ``target``, which exists. Raises StoreProblem."""
    if not passphrase:
        raise StoreProblem(f"{source} is encrypted, and there is no backup.passphrase.")
    _in_a_process("unseal", source, target, passphrase)


def _in_a_process(verb: str, source: Path, target: Path, passphrase: str) -> None:
    if find_spec("pyrage") is None:
        raise StoreProblem(
            "The package that encrypts backups is not installed:"
            " pip install 'interworky-tui[encryption]'."
        )
    ended = subprocess.run(
        [sys.executable, "-m", __name__, verb, str(source.absolute()), str(target.absolute())],
        input=passphrase.encode(),
        # Where this very program is, and not where somebody happens to stand.
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if ended.returncode == _WRONG:
        raise StoreProblem(
            f"{source} does not open with backup.passphrase: it has another one, or is damaged."
        )
    if ended.returncode == _NO_ROOM:
        raise StoreProblem(f"{target.parent} cannot be written; check that there is room.")
    if ended.returncode != 0:
        doing = "encrypted" if verb == "seal" else "decrypted"
        raise StoreProblem(f"{source} could not be {doing}; check that there is enough memory.")


def _seal(source: Path, target: Path, passphrase: str) -> None:
    from pyrage import passphrase as age

    packed = io.BytesIO()
    with source.open("rb") as plain, gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as z:
        shutil.copyfileobj(plain, z, 1 << 20)
    sealed: bytes = age.encrypt(packed.getvalue(), passphrase)
    if age.decrypt(sealed, passphrase) != packed.getvalue():
        raise ValueError("what was sealed does not come back")
    target.write_bytes(sealed)


def _unseal(source: Path, target: Path, passphrase: str) -> None:
    from pyrage import passphrase as age

    packed = io.BytesIO(age.decrypt(source.read_bytes(), passphrase))
    with gzip.GzipFile(fileobj=packed) as z, target.open("wb") as plain:
        shutil.copyfileobj(z, plain, 1 << 20)


def main(verb: str, source: str, target: str) -> int:
    from pyrage import DecryptError

    passphrase = sys.stdin.buffer.read().decode()
    try:
        (_seal if verb == "seal" else _unseal)(Path(source), Path(target), passphrase)
    except (DecryptError, gzip.BadGzipFile, zlib.error, EOFError):
        return _WRONG
    except OSError:
        return _NO_ROOM
    except Exception:  # its own words might hold what nobody else may read
        return _BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
