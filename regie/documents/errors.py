"""What may prevent a document."""

from regie.errors import RegieError


class DocumentError(RegieError):
    """A document cannot be made: a template that is wrong, a register that is not that of a convened council, a mention missing."""

    code = "document_impossible"
