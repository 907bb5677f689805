"""How each metric is to be read is said where it is defined."""

import pytest

from sql.catalog import metrics


@pytest.mark.parametrize("name", sorted(metrics()))
def test_every_metric_says_what_it_means_what_moves_it_and_what_to_do(name: str) -> None:
    metric = metrics()[name]
    missing = [key for key in ("means", "moved_by", "to_do") if not getattr(metric, key).endswith(".")]
    assert not missing, f"sql/metrics/{name}.yaml has no {' and no '.join(missing)}; write a sentence for each."
