"""What a build did."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sql.publication import Publication
from transforms.engines.protocol import Staged
from transforms.quality.result import Result


@dataclass(frozen=True)
class BuildResult:
    """What a build did."""

    publication: Publication
    new_rows: Mapping[str, int]
    """Rows that silver gained, by table."""
    duplicates: int
    conflicts: int
    gold: tuple[str, ...]
    """Gold tables that were computed anew."""
    warnings: tuple[Result, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """What is told of it as JSON."""
        return {
            "publication": self.publication.publication,
            "as_of": self.publication.as_of,
            "complete_through": self.publication.complete_through,
            "new_rows": dict(self.new_rows),
            "duplicates": self.duplicates,
            "conflicts": self.conflicts,
            "gold": list(self.gold),
            "warnings": [warning.sentence for warning in self.warnings],
        }

    @classmethod
    def of(
        cls, publication: Publication, staged: Iterable[Staged], gold: Sequence[str], warnings: Sequence[Result]
    ) -> Self:
        """What a build did that committed all that it staged."""
        counts: Counter[str] = Counter()
        rows: Counter[str] = Counter()
        for item in staged:
            for _, table, _, kind, count in item.bookings:
                if kind == "silver":
                    rows[table] += count
                else:
                    counts[kind] += count
        return cls(publication, rows, counts["duplicates"], counts["conflicts"], tuple(gold), tuple(warnings))
