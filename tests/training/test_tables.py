"""Tables are written whole or not at all."""

import pytest

from audio_edu.training import median_seconds, read_table, write_table


def test_a_table_comes_back(tmp_path):
    path = tmp_path / "scores.csv"
    rows = [{"who": "Zoë, 9", "score": 0.5}, {"who": "b", "score": 1}]
    assert write_table(path, iter(rows)) == 2
    assert read_table(path) == [{"who": "Zoë, 9", "score": "0.5"}, {"who": "b", "score": "1"}]


def test_a_measurement_that_is_broken_off_leaves_the_old_table(tmp_path):
    path = tmp_path / "scores.csv"
    write_table(path, [{"score": 1}])

    def rows():
        yield {"score": 2}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(path, rows())
    assert read_table(path) == [{"score": "1"}] and list(tmp_path.iterdir()) == [path]


def test_runs_before_the_measurement_do_not_count():
    runs = []
    assert median_seconds(lambda: runs.append(1), 3, n_before=2) >= 0
    assert len(runs) == 5
