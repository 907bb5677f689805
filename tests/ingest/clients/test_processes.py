"""Ends and forks of processes, with a server that keeps what it was sent."""

import multiprocessing
import os
import subprocess
import sys
from collections import Counter

import pytest
from promptlake_emitter import Emitter, HttpSink

from tests.ingest.clients.scripted import Script, serving
from tests.ingest.clients.source import SOURCE

OK = (200, {}, {})
BEGIN = f"""
import logging, sys
sys.path.insert(0, {str(SOURCE)!r})
from promptlake_emitter import Emitter, HttpSink
"""
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


def run(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def numbers(server: Script) -> Counter[str]:
    return Counter(event["n"] for index in range(len(server.bodies)) for event in server.events(index))


def once(*names: str) -> Counter[str]:
    return Counter(names)


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise RuntimeError('the application fails')"])
def test_what_waits_is_sent_at_exit(end: str) -> None:
    code = (
        "emitter = Emitter(HttpSink(sys.argv[1]), linger_s=3600)\n"
        "for n in range(1000): emitter.emit({'event_type': 'behavior', 'n': str(n)})\n" + end
    )
    with serving(OK) as server:
        run(code, server.url)
        assert numbers(server) == once(*map(str, range(1000)))


def test_an_exit_is_not_held_up_by_a_lake_that_is_down_and_says_what_was_lost() -> None:
    code = (
        "emitter = Emitter(HttpSink(sys.argv[1]), exit_timeout_s=0.5)\n"
        "for n in range(10): emitter.emit({'event_type': 'behavior', 'n': str(n)})\n"
    )
    with serving((503, {"retry-after": "3600"}, {})) as server:
        done = run(code, server.url)
    assert done.returncode == 0
    assert "10 events were dropped (closed 10); the first reason: the door answered 503." in done.stderr


@forks
def test_parent_and_child_each_send_their_own_events_once() -> None:
    """The parent holds events, and an open connection, at the moment of the fork."""
    code = """
import os
emitter = Emitter(HttpSink(sys.argv[1]), linger_s=3600)
emitter.emit({"event_type": "behavior", "n": "sent before"})
emitter.flush()
emitter.emit({"event_type": "behavior", "n": "held at the fork"})
child = os.fork()
if child == 0:
    assert emitter.stats().waiting == emitter.stats().taken == 0
    emitter.emit({"event_type": "behavior", "n": "child"})
    emitter.send({"event_type": "behavior", "n": "child sent"})
else:
    emitter.emit({"event_type": "behavior", "n": "parent"})
    os.waitpid(child, 0)
"""
    with serving(OK) as server:
        done = run(code, server.url)
        assert (done.returncode, done.stderr) == (0, "")
        assert numbers(server) == once("sent before", "held at the fork", "child", "child sent", "parent")
        ids = [event["event_id"] for index in range(len(server.bodies)) for event in server.events(index)]
        assert len(set(ids)) == 5
        assert len(server.connections) > 1


@forks
def test_a_child_that_gets_no_thread_goes_on_and_counts_what_never_left() -> None:
    code = """
import os, threading
emitter = Emitter(HttpSink(sys.argv[1]))
if os.fork() == 0:
    start, threading.Thread.start = threading.Thread.start, lambda _: exec("raise RuntimeError('no thread')")
    emitter.emit({"event_type": "behavior", "n": "first"})
    assert emitter.stats().waiting == 1
    if sys.argv[2] == "later":
        threading.Thread.start = start
        emitter.emit({"event_type": "behavior", "n": "second"})
    emitter.close()
    assert emitter.stats().dropped == ({} if sys.argv[2] == "later" else {"closed": 1}), emitter.stats()
    sys.exit(0)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    with serving(OK) as server:
        assert run(code, server.url, "never").returncode == 0
        assert numbers(server) == once()
        assert run(code, server.url, "later").returncode == 0
        assert numbers(server) == once("first", "second")


@forks
def test_a_child_that_emits_nothing_ends_as_if_there_were_no_emitter() -> None:
    code = """
import os
emitter = Emitter(HttpSink(sys.argv[1]), linger_s=3600)
emitter.emit({"event_type": "behavior", "n": "parent"})
if os.fork() == 0:
    sys.exit(0)
os.wait()
"""
    with serving(OK) as server:
        done = run(code, server.url)
        assert (done.returncode, done.stderr) == (0, "")
        assert numbers(server) == once("parent")


def _emit(emitter: Emitter | None, url: str) -> None:
    emitter = emitter or Emitter(HttpSink(url), linger_s=3600)
    emitter.emit({"event_type": "behavior", "n": "child"})


@forks
@pytest.mark.parametrize("made_in", ["parent", "child"])
def test_a_child_of_multiprocessing_sends_what_it_holds(made_in: str) -> None:
    """Such a child ends without the interpreter's own way of ending."""
    with serving(OK) as server:
        emitter = Emitter(HttpSink(server.url), linger_s=3600) if made_in == "parent" else None
        child = multiprocessing.get_context("fork").Process(target=_emit, args=(emitter, server.url))
        child.start()
        child.join(60)
        assert child.exitcode == 0
        assert numbers(server) == once("child")
        if emitter:
            emitter.close()
        assert numbers(server) == once("child")
