"""Sums that go round, prices, processes: equal to one process, and what is said when one dies."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from audio_edu import cli
from audio_edu.applications.distributed import (
    check_rank,
    descend_in_processes,
    fit_link,
    linear_gradient,
    ring_all_reduce,
    ring_seconds,
    run_local,
    server_seconds,
)
from audio_edu.applications.distributed.training import part_of_batch


@pytest.mark.parametrize(("n", "length"), [(1, 5), (2, 7), (4, 16), (5, 13), (8, 3)])
def test_a_ring_ends_with_the_sum_everywhere_and_sends_no_more_than_it_must(n, length):
    arrays = list(np.random.default_rng(n).normal(size=(n, length)))
    trace = ring_all_reduce(arrays)
    np.testing.assert_allclose(trace.states[-1], np.tile(np.sum(arrays, axis=0), (n, 1)), atol=1e-12)
    assert trace.n_rounds == 2 * (n - 1) and trace.owners[-1].all()
    # after reduce-scatter every worker has one whole chunk
    assert (trace.owners[n - 1].all(axis=2).sum(axis=1) >= 1).all()
    assert trace.numbers_sent <= 2 * (n - 1) * -(-length // n)


def test_what_is_owned_is_what_is_held():
    trace = ring_all_reduce([np.full(8, 10.0**j) for j in range(4)])
    for owners, state in zip(trace.owners, trace.states, strict=True):
        np.testing.assert_array_equal(owners @ 10.0 ** np.arange(4), state[:, ::2])


def test_a_ring_costs_the_same_for_many_and_a_server_does_not():
    link = {"latency_s": 0.0, "bytes_per_s": 1e9}
    assert ring_seconds(1000, 1e9, **link) < 2.0 < 1000 < server_seconds(1000, 1e9, **link)
    assert ring_seconds(1, 1e9, **link) == server_seconds(1, 1e9, **link) == 0


def test_a_link_is_found_in_its_times():
    sizes = np.array([4e2, 4e4, 4e6, 4e8])
    times = np.array([ring_seconds(4, s, latency_s=2e-4, bytes_per_s=3e9) for s in sizes])
    alpha, beta = fit_link(sizes, times, 4)
    assert alpha == pytest.approx(2e-4, rel=1e-6) and beta == pytest.approx(3e9, rel=1e-6)
    with pytest.raises(ValueError, match="two sizes"):
        fit_link(sizes[:1], times[:1], 4)


def test_two_processes_descend_as_one():
    rng = np.random.default_rng(21)
    x, y = rng.normal(size=(40, 6)), rng.normal(size=40)
    w = np.zeros(6)
    for _ in range(20):
        w = w - 0.1 * linear_gradient(x, y, w) / 40
    first, second = descend_in_processes(x, y, n_steps=20, rate=0.1)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, w, atol=1e-12)
    first, second = descend_in_processes(x, y, n_steps=20, rate=0.1, lost=True)
    assert np.abs(first - second).max() > 0.01


def test_parts_of_a_batch_are_the_batch():
    batch = (np.arange(12).reshape(6, 2), np.arange(6))
    parts = [part_of_batch(batch, 3, rank) for rank in range(3)]
    for whole, *pieces in zip(batch, *parts, strict=True):
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
    assert part_of_batch(batch, 4, 3)[1].tolist() == list(range(6)), "what cannot be dealt out stays whole"
    with pytest.raises(ValueError, match=r"8 cannot share a batch of 6 rows"):
        part_of_batch(batch, 8, 0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0,), "--processes"),
        ((2, "127.0.0.1:9000", 2), "--rank is 2"),
        ((2, "127.0.0.1:9000"), "go together"),
        ((2, None, 1), "go together"),
        ((2, "127.0.0.1", 1), "HOST:PORT"),
        ((2, "127.0.0.1:99999", 1), "HOST:PORT"),
        ((2, "my host:9000", 1), "HOST:PORT"),
    ],
)
def test_a_wrong_place_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        check_rank(*given)


def test_without_jax_the_command_line_says_what_to_set(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    words = ["train", "cnn", "--processes", "2", "--out", str(tmp_path / "x.npz")]
    assert cli.main(words) == 1
    assert "KERAS_BACKEND=jax" in capsys.readouterr().err


# --- The launcher, with processes that need no Keras ---

SLEEPER = (
    "import os, sys, time; rank = int(sys.argv[4])\n"
    "time.sleep(float(os.environ['SLEEP'])) if rank == 0 else os.kill(os.getpid(), int(os.environ['BY']))"
)


def start(tmp_path, monkeypatch, by, sleep=600.0):
    monkeypatch.setenv("BY", str(by))
    monkeypatch.setenv("SLEEP", str(sleep))
    return run_local([sys.executable, "-c", SLEEPER], 2, tmp_path / "state.npz", ["audio-edu", "--resume"])


def test_a_killed_worker_stops_all_and_is_named(tmp_path, monkeypatch):
    np.savez(tmp_path / "state.npz", step=7)
    began = time.monotonic()
    with pytest.raises(RuntimeError, match=r"rank 1 of 2 was ended by SIGKILL.*step 7.*audio-edu --resume"):
        start(tmp_path, monkeypatch, signal.SIGKILL.value)
    assert time.monotonic() - began < 300, "rank 0 was not stopped"


def test_without_a_state_nothing_is_promised(tmp_path, monkeypatch):
    with pytest.raises(RuntimeError, match="Nothing had been saved"):
        start(tmp_path, monkeypatch, signal.SIGTERM.value)


def test_all_well(tmp_path, monkeypatch):
    assert start(tmp_path, monkeypatch, 0, sleep=0.0) == 0


def test_workers_without_dask(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.main(["evaluate", "cnn", "--workers", "2"]) == 1
    assert "pip install dask distributed" in capsys.readouterr().err


@pytest.mark.slow
def test_workers_answer_as_one_process():
    pytest.importorskip("distributed", reason="Dask is optional: requirements-backends.txt")
    # in a process of its own, as the command line is: workers are started anew and import the package
    command = [sys.executable, "-m", "audio_edu.cli", "evaluate", "cnn", "--json"]
    alone, shared = (
        subprocess.run([*command, *more], capture_output=True, text=True, check=True, timeout=600).stdout
        for more in ([], ["--workers", "2"])
    )
    assert alone == shared
