"""The rows of documents, and of attached files that wait beside the library. Rows never leave this module."""

from sqlmodel import Field, LargeBinary, SQLModel

from cmdb import codec
from cmdb.written import Document, KeptFile


class DocumentRow(SQLModel, table=True):
    """A document: a candidate, or as its newest baseline has it."""

    __tablename__ = "document"

    id: str = Field(primary_key=True)
    kind: str
    title: str
    owner: str
    services: str
    scope: str
    version: str
    review: str
    distribution: str
    covers: str
    body: str
    attachments: str
    status: str
    level: str


class KeptFileRow(SQLModel, table=True):
    """A file that waits for its check-in, by the SHA-256 of its bytes."""

    __tablename__ = "kept_file"

    sha256: str = Field(primary_key=True)
    size: int
    kept_at: str
    kept_by: str


class KeptPieceRow(SQLModel, table=True):
    """A piece of a file that waits; `place` counts from 0."""

    __tablename__ = "kept_piece"

    sha256: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)


codec.register(Document, DocumentRow, noun="document", remedy="List them with 'cmdb document list'.")
codec.register(
    KeptFile,
    KeptFileRow,
    key=("sha256",),
    noun="attached file",
    remedy="Bring it again: 'cmdb document supply FILE'.",
)
