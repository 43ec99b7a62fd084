"""A recorder that keeps what was traced, and asks about its shape."""

from __future__ import annotations

from typing import Any

from xacthuc.telemetry.tracing import Span


class KeptSpans(list[Span]):
    """Finished spans, in the order in which they ended."""

    def record(self, span: Span) -> None:
        """Keeps one."""
        self.append(span)

    def shutdown(self) -> None:
        """Has nothing to export."""

    def named(self, name: str) -> list[Span]:
        """Returns those of one name."""
        return [span for span in self if span.name == name]

    def one(self, name: str) -> Span:
        """Returns the only one of a name."""
        (span,) = self.named(name)
        return span

    def below(self, parent: Any) -> list[str]:
        """Returns the names of a span's children, as they ended."""
        return [span.name for span in self if is_below(span, parent)]

    def path(self, span: Span) -> list[str]:
        """Returns the names from the outermost span that was kept down to this one."""
        names = [span.name]
        while above := [each for each in self if is_below(span, each)]:
            (span,) = above
            names.append(span.name)
        return names[::-1]


def is_below(span: Any, parent: Any) -> bool:
    """Says whether a span is a child of another, in the same trace."""
    return (span.context.trace_id, span.context.parent_id) == (parent.context.trace_id, parent.context.span_id)
