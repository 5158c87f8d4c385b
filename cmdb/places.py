"""Where the library keeps a record: the path of its file. Standard library only.

Source: rules.md 7; speed.md, Vault tree.
"""

from hashlib import sha256
from urllib.parse import quote

NAME_BYTES = 255  # of a file name, on every file system a library may lie on
FOLDERS = {
    "item": "items",
    "type": "types",
    "dependency kind": "kinds",
    "person": "people",
    "group": "groups",
    "party": "parties",
    "agreement": "agreements",
    "standard service": "catalogue",
    "board": "boards",
    "policy": "policies",
    "template": "templates",
    "minimum level": "minimum-levels",
    "document": "documents",
}

ATTACHMENTS = "attachments/"  # beside the records, so that no id of a document can stand in their way


def path_of(kind: str, id: str) -> str:
    """Where the library keeps a record. Items are spread by the hash of their id.

    Two levels of two hexadecimal digits keep a one-item commit at 15 KB of trees among a million.
    """
    name = file_name(id) + ".json"
    if kind != "item":
        return f"{FOLDERS[kind]}/{name}"
    spread = sha256(id.encode()).hexdigest()
    return f"items/{spread[:2]}/{spread[2:4]}/{name}"


def attachment_path(document: str, name: str) -> str:
    """Where the library keeps the bytes of an attachment of a document."""
    return f"{ATTACHMENTS}{file_name(document)}/{file_name(name)}"


def name_problems(kind: str, id: str) -> list[str]:
    """Say that the library has no file name for a record: its id takes too many bytes."""
    size = len(path_of(kind, id).rsplit("/", 1)[1])
    if size <= NAME_BYTES:
        return []
    return [f"The {kind} takes {size:,} bytes as the name of a file; at most {NAME_BYTES} fit: shorten it."]


def file_name(name: str) -> str:
    """A file name that git and every file system keep, whatever somebody called a file."""
    safe = quote(name, safe="._+@-")
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe
