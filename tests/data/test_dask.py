"""Sketches made by the workers of a Dask cluster: real processes, which are killed, and see too little or too much."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processes import PYTHON
from samples import random_images

import tooeasy
from tooeasy.cli import main
from tooeasy.data import cluster as clusters
from tooeasy.data import counting, sent
from tooeasy.errors import ClusterError, MissingExtraError, OptionError, SourceError, TooeasyError
from tooeasy.pixels.search import best_pixels_of_pairs
from tooeasy.sketch.file import to_bytes

distributed = pytest.importorskip("distributed", reason='needs distributed: pip install "tooeasy[dask]"')
dask = pytest.importorskip("dask", reason='needs dask: pip install "tooeasy[dask]"')

IMAGES, LABELS = random_images(5, n=700, shape=(4, 4, 1))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[distributed.Client]:
    """Two worker processes on this machine."""
    scratch = tmp_path_factory.mktemp("scratch")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", local_directory=scratch, silence_logs=50
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file of images."""
    np.savez(tmp_path / "some.npz", x_train=IMAGES, y_train=LABELS)
    return tmp_path / "some.npz"


def message(call: object, kind: type[TooeasyError] = ClusterError) -> str:
    """Error of a call, which is one line."""
    with pytest.raises(kind) as caught:
        call()  # type: ignore[operator]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write_pngs(folder: Path, n: int = 60) -> Path:
    """Write class folders of images, one of which is broken."""
    for row in range(n):
        path = folder / "train" / f"class{LABELS[row]}" / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(IMAGES[row, ..., 0]).save(path)
    path = folder / "train" / f"class{LABELS[7]}" / "7.png"
    path.write_bytes(path.read_bytes()[:-25])  # its header can be read
    return folder


def write_shards(folder: Path, bad: int | None = None) -> Path:
    """Write two shards of lists of numbers, of which one row may be no image."""
    pa = pytest.importorskip("pyarrow", reason='needs pyarrow: pip install "tooeasy[hf]"')
    pq = pytest.importorskip("pyarrow.parquet", reason='needs pyarrow: pip install "tooeasy[hf]"')
    folder.mkdir()
    rows = IMAGES.reshape(700, -1).tolist()
    if bad is not None:
        rows[bad] = [1, 2, 3]
    table = pa.table({"image": pa.array(rows, pa.list_(pa.uint8())), "label": LABELS})
    for number in range(2):
        file = folder / f"train-{number:05}-of-00002.parquet"
        pq.write_table(table.slice(350 * number, 350), file, row_group_size=50)
    return folder


# -- the same bits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 2, 7])
@pytest.mark.parametrize("options", [{"moments": True}, {"normalize": "l2", "levels": 9}])
def test_two_workers_give_the_bits_of_one_process(
    client: distributed.Client, archive: Path, parts: int, options: dict[str, object]
) -> None:
    """Whatever the number of parts, the file is the same byte for byte."""
    split = tooeasy.load(archive).train
    told: list[tooeasy.PartDone] = []
    made = tooeasy.sketch_split(
        split, scheduler=client, part_bytes=-(-700 // parts) * 16, on_part=told.append, **options
    )
    assert to_bytes(made) == to_bytes(split.sketch(**options))
    assert [done.parts for done in told] == list(range(1, parts + 1))
    assert {done.of for done in told} == {parts}
    assert told[-1].images == 700


def test_many_parts_are_added_up_in_a_tree(client: distributed.Client, archive: Path) -> None:
    """More parts than fit one sum; both workers read some, and nothing is left with them."""
    split = tooeasy.load(archive).train
    made = tooeasy.sketch_split(split, scheduler=client, part_bytes=160)
    assert made == split.sketch()
    assert all(client.run(_has_counted).values())
    deadline = time.monotonic() + 20
    while any(client.has_what().values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(client.has_what().values())


def _has_counted() -> bool:
    from tooeasy.data import compiling

    return bool(compiling._met)


def test_images_in_memory_are_sent(client: distributed.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only this process has is sent in pieces, a few at a time; a part of a split too."""
    monkeypatch.setattr(sent, "_SENT_AT_ONCE", 3)
    split = tooeasy.from_arrays((IMAGES, LABELS)).train
    assert to_bytes(tooeasy.sketch_split(split, scheduler=client, part_bytes=640)) == to_bytes(split.sketch())
    some = split.part(np.arange(3, 600, 2))
    assert tooeasy.sketch_split(some, scheduler=client, part_bytes=640) == some.sketch()


def test_many_images_in_memory_are_sent(client: distributed.Client) -> None:
    """Of more than Dask sends in one piece without a warning."""
    images = np.random.default_rng(0).integers(0, 256, (6000, 48, 48), dtype=np.uint8)
    split = tooeasy.from_arrays((images, np.arange(6000) % 3)).train
    assert tooeasy.sketch_split(split, scheduler=client, levels=4) == split.sketch(levels=4)


def test_row_groups_on_workers(client: distributed.Client, tmp_path: Path) -> None:
    """Shards of Parquet, read by the workers."""
    split = tooeasy.load(write_shards(tmp_path / "shards")).train
    assert to_bytes(tooeasy.sketch_split(split, scheduler=client, part_bytes=1600)) == to_bytes(split.sketch())


def test_processes_of_our_own(archive: Path) -> None:
    """``local:2`` starts two processes and ends them."""
    split = tooeasy.load(archive).train
    assert tooeasy.sketch_split(split, scheduler="local:2", part_bytes=3200) == split.sketch()


def test_workers_use_one_thread_each(client: distributed.Client) -> None:
    """What is shared among threads elsewhere is done by the task's own thread: Dask runs one a core already."""
    assert set(client.run(_cores_of_a_task).values()) == {1}


def _cores_of_a_task() -> int:
    from tooeasy.threads import at_most, available_cores

    with at_most(1):
        return available_cores()


def test_a_checkpoint_of_a_cluster(client: distributed.Client, archive: Path, tmp_path: Path) -> None:
    """A run on a cluster that is interrupted goes on, on a cluster or here."""
    split = tooeasy.load(archive).train

    class StopError(Exception):
        pass

    def stop(done: tooeasy.PartDone) -> None:
        if done.parts > 30:
            raise StopError

    def run(**how: object) -> tooeasy.Sketch:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tooeasy.data.checkpoint._SHARE", 0)
            return tooeasy.sketch_split(split, checkpoint=tmp_path / "kept", part_bytes=160, save_seconds=0, **how)

    with pytest.raises(StopError):
        run(scheduler=client, on_part=stop)
    told: list[tooeasy.PartDone] = []
    assert to_bytes(run(on_part=told.append)) == to_bytes(split.sketch())
    kept = told[0].parts, len(list((tmp_path / "kept").glob("sums-*")))
    assert kept == (1, 1)
    assert to_bytes(run(scheduler=client)) == to_bytes(split.sketch())


# -- faults ------------------------------------------------------------------------------------------------------------


def test_a_killed_worker(tmp_path: Path) -> None:
    """A worker killed with kill -9 in the middle: its parts are done again, and the sketch is right."""
    random = np.random.default_rng(0)
    np.savez(
        tmp_path / "many.npz",
        x_train=random.integers(0, 256, (24_000, 28, 28), dtype=np.uint8),
        y_train=random.integers(0, 10, 24_000),
    )
    split = tooeasy.load(tmp_path / "many.npz").train
    with _cluster(tmp_path) as client:
        pids = list(client.run(os.getpid).values())
        killed = []

        def kill(done: tooeasy.PartDone) -> None:
            if done.parts == 4:
                os.kill(pids[0], signal.SIGKILL)
                killed.append(done)

        made = tooeasy.sketch_split(split, moments=True, scheduler=client, part_bytes=2**19, on_part=kill)
        assert killed[0].of > 30
        assert set(client.run(os.getpid).values()) != set(pids)
    assert to_bytes(made) == to_bytes(split.sketch(moments=True))


def _cluster(scratch: Path, **options: object) -> distributed.Client:
    """Start workers of a test's own; the client ends them."""
    how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": 50, **options}
    cluster = distributed.LocalCluster(local_directory=scratch / "scratch", **how)
    client = distributed.Client(cluster, set_as_default=False)
    client._should_close_cluster = True  # as where the client starts it by itself
    return client


def test_files_of_a_folder_are_named_to_workers(
    client: distributed.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers list no folder and read no headers, also of a part of a split, and from wherever they work."""
    folder = write_pngs(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    split = tooeasy.load("photos").with_hold_out(seed=0).train
    assert split.recipe is None
    assert tooeasy.sketch_split(split, scheduler=client, part_bytes=2**16) == split.sketch()
    whole = tooeasy.load("photos").train
    assert tooeasy.sketch_split(whole, scheduler=client, part_bytes=2**16) == whole.sketch()
    assert not any(client.run(_has_loaded, str(folder)).values())


def _has_loaded(folder: str) -> bool:
    from tooeasy.data import parts

    return parts._last is not None and str(parts._last[0][0].source) == folder


@pytest.mark.parametrize("how", ["longer", "gone"])
def test_workers_that_see_other_files(client: distributed.Client, tmp_path: Path, how: str) -> None:
    """A file that is not as it was where the folder was listed is an error, not another sketch."""
    folder = write_pngs(tmp_path / "photos")
    split = tooeasy.load(folder).train
    changed = folder / "train" / f"class{LABELS[3]}" / "3.png"
    if how == "gone":
        changed.unlink()
    else:
        changed.write_bytes(changed.read_bytes() + b"more")
    said = message(lambda: tooeasy.sketch_split(split, scheduler=client))
    assert f"{folder} has other images where it is to be sketched" in said


def test_images_that_cannot_be_read(client: distributed.Client, tmp_path: Path) -> None:
    """They are left out and named, as in one process; strict stops and names them."""
    folder = write_pngs(tmp_path / "photos")
    whole = tooeasy.load(folder).train
    expected = whole.sketch()
    split = tooeasy.load(folder).train
    assert tooeasy.sketch_split(split, scheduler=client, part_bytes=96) == expected
    assert split.remarks() == whole.remarks() != []
    strict = tooeasy.load(folder, strict=True).train
    assert "7.png cannot be read" in message(
        lambda: tooeasy.sketch_split(strict, scheduler=client, part_bytes=96), SourceError
    )


def test_a_part_that_cannot_be_read(client: distributed.Client, tmp_path: Path) -> None:
    """A row that spoils what is read with it is left out alone and named; strict stops."""
    folder = write_shards(tmp_path / "shards", bad=433)
    keep = np.delete(np.arange(700), 433)
    split = tooeasy.load(folder).train
    made = tooeasy.sketch_split(split, scheduler=client, part_bytes=1600)
    assert made == tooeasy.from_arrays((IMAGES[keep], LABELS[keep])).train.sketch()
    assert "1 broken image skipped (image 433: train-00001-of-00002.parquet row 83" in split.remarks()[0]
    strict = tooeasy.load(folder, strict=True).train
    assert "train-00001-of-00002.parquet row 50 and after" in message(
        lambda: tooeasy.sketch_split(strict, scheduler=client, part_bytes=1600), SourceError
    )


def test_workers_that_see_something_else(client: distributed.Client, archive: Path) -> None:
    """A source that is gone, or another one, where the workers look is an error, not an empty sketch."""
    split = tooeasy.load(archive).train
    np.savez(archive, x_train=IMAGES, y_train=(LABELS + 1) % 3)
    assert "has other images where it is to be sketched" in message(
        lambda: tooeasy.sketch_split(split, scheduler=client)
    )
    archive.unlink()
    assert "every worker must see it under the same name" in message(
        lambda: tooeasy.sketch_split(split, scheduler=client)
    )


def test_workers_of_another_version(client: distributed.Client, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They might make other pixels of a file."""
    monkeypatch.setattr(counting, "versions", lambda: ("0.0.1", "1.0"))
    split = tooeasy.load(archive).train
    assert "the run tooeasy 0.0.1 with Pillow 1.0: install the same on all" in message(
        lambda: tooeasy.sketch_split(split, scheduler=client)
    )


def test_a_worker_out_of_memory(tmp_path: Path) -> None:
    """Workers that die of their memory limit again and again: one line, which says what to do."""
    images, labels = random_images(1, n=400, shape=(64, 64, 1), classes=40)
    np.savez(tmp_path / "wide.npz", x_train=images, y_train=labels)
    split = tooeasy.load(tmp_path / "wide.npz").train  # its counts take 160 MiB, and sums of them more
    limit = {"distributed.scheduler.allowed-failures": 0, "distributed.worker.memory.monitor-interval": "20ms"}
    with dask.config.set(limit), _cluster(tmp_path, n_workers=1, memory_limit="256MiB") as client:
        line = message(lambda: tooeasy.sketch_split(split, scheduler=client, part_bytes=2**16))
    assert line.startswith("workers died again and again, most often of memory: give each more memory")


def test_workers_that_all_pause(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers whose memory is so full that they take no more work do not make us wait for ever; none at all neither."""
    monkeypatch.setattr(clusters, "PATIENCE_SECONDS", 2)
    split = tooeasy.load(archive).train
    paused = {"distributed.worker.memory.pause": 0.001, "distributed.worker.memory.terminate": False}
    with dask.config.set(paused), _cluster(tmp_path, n_workers=1, memory_limit="4GiB") as client:
        deadline = time.monotonic() + 20
        while clusters.stuck(client) is None and time.monotonic() < deadline:
            time.sleep(0.1)
        line = message(lambda: tooeasy.sketch_split(split, scheduler=client))
        assert line.startswith("all workers have paused, as their memory is full: give each more memory")
        client.cluster.scale(0)
        assert "has no workers: start some" in message(lambda: tooeasy.sketch_split(split, scheduler=client))


def test_addresses_without_a_scheduler(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no address, or one at which nobody answers; a client that is closed; no Dask at all."""
    split = tooeasy.load(archive).train
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 1)
    for wrong in ("nowhere", "gopher://host:1", "tcp://host", "", "local:x"):
        line = message(lambda at=wrong: tooeasy.sketch_split(split, scheduler=at), OptionError)  # type: ignore[misc]
        assert line.startswith("a scheduler is local, local:N or an address as tcp://host:8786; found ")
    assert "found local:0" in message(lambda: tooeasy.sketch_split(split, scheduler="local:0"), OptionError)
    assert "there is no Dask scheduler at tcp://127.0.0.1:9" in message(
        lambda: tooeasy.sketch_split(split, scheduler="tcp://127.0.0.1:9")
    )
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert 'pip install "tooeasy[dask]"' in message(
        lambda: tooeasy.sketch_split(split, scheduler="local"), MissingExtraError
    )


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX's")
def test_a_lost_scheduler(tmp_path: Path) -> None:
    """The command on a scheduler that is killed in the middle ends with one line and code 2, and writes nothing."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (60_000, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "many.npz", x_train=images, y_train=random.integers(0, 10, 60_000))
    quiet = {"cwd": tmp_path, "stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}
    scheduler = subprocess.Popen(
        [*_dask("scheduler"), "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"], **quiet
    )
    assert scheduler.stderr is not None
    address = next(match[1] for line in scheduler.stderr if (match := re.search(r"(tcp://127\.0\.0\.1:\d+)", line)))
    worker = subprocess.Popen(
        [*_dask("worker"), address, "--nthreads", "1", "--no-dashboard", "--death-timeout", "5"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    made = [*PYTHON, "-m", "tooeasy", "sketch", "many.npz", "-o", "made.sketch"]
    with subprocess.Popen([*made, "--scheduler", address], **quiet) as command:
        try:
            with distributed.Client(address, set_as_default=False) as watching:
                deadline = time.monotonic() + 60
                while not any(watching.has_what().values()) and time.monotonic() < deadline:
                    time.sleep(0.05)
                scheduler.kill()
            assert command.stderr is not None
            lines = command.stderr.read().splitlines()
            assert command.wait(60) == 2
        finally:
            for process in (scheduler, worker, command):
                process.kill()
            scheduler.stderr.close()
            scheduler.wait()
            worker.wait()
    assert len(lines) == 1, lines
    assert "is lost, or dropped the work: start it, and run this again" in lines[0]
    assert sorted(path.name for path in tmp_path.glob("*.sketch")) == []


def _dask(what: str) -> list[str]:
    return [sys.executable, "-c", "from dask.__main__ import main; main()", what]


@pytest.mark.parametrize("rule", ["lookup", "threshold"])
def test_a_study_on_workers(client: distributed.Client, rule: str) -> None:
    """Counting and searching there gives the study that this process makes."""
    images, labels = random_images(8, n=900, shape=(4, 4, 1), classes=9)
    here = tooeasy.study_pixels((images, labels), rule=rule)
    there = tooeasy.study_pixels((images, labels), rule=rule, scheduler=client)
    assert there.train == here.train
    assert there.test == here.test
    assert there.to_dict() == here.to_dict()


def test_the_command_works_on_a_cluster(client: distributed.Client, capsys: pytest.CaptureFixture[str]) -> None:
    """``tooeasy pixels --scheduler ADDRESS`` prints what it prints without; an address where nobody is is one line."""
    assert main(["pixels", "digits", "--json"]) == 0
    alone = capsys.readouterr().out
    assert main(["pixels", "digits", "--json", "--scheduler", client.scheduler.address]) == 0
    assert capsys.readouterr().out == alone
    assert main(["pixels", "digits", "--scheduler", "nowhere"]) == 2
    assert "a scheduler is local, local:N or an address" in capsys.readouterr().err


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_pairs_are_searched_on_workers(client: distributed.Client, rule: str) -> None:
    """The best pixel of every pair of classes is the same, whoever looks for it."""
    images, labels = random_images(8, n=600, shape=(4, 4, 1), classes=40)
    counts = tooeasy.from_arrays((images, labels)).train.sketch(levels=8).counts
    assert np.array_equal(
        best_pixels_of_pairs(counts, rule, scheduler=client), best_pixels_of_pairs(counts, rule, threads=1)
    )


# -- shared storage ----------------------------------------------------------------------------------------------------


def test_shards_on_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers read Parquet shards from a bucket, of which a server on this machine stands in."""
    fsspec = pytest.importorskip("fsspec", reason='needs fsspec: pip install "tooeasy[remote]"')
    pytest.importorskip("s3fs", reason="needs s3fs: pip install s3fs")
    moto = pytest.importorskip("moto.server", reason="needs moto.server: pip install moto[server]")
    folder = write_shards(tmp_path / "shards")
    server = moto.ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("ENDPOINT_URL", f"http://{host}:{port}")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    try:
        fsspec.get_filesystem_class("s3").clear_instance_cache()  # they know the server of an earlier test
        files = fsspec.filesystem("s3")
        files.mkdir("pail")  # the stand-in keeps the buckets of earlier tests
        files.put(str(folder), "pail/shards", recursive=True)
        split = tooeasy.load("s3://pail/shards/").train
        expected = tooeasy.load(folder).train.sketch(moments=True)
        assert len(split) == 700
        assert split.sketch(moments=True) == expected
        with _cluster(tmp_path) as client:  # started now, so that its processes know the server

            def run(split: tooeasy.Split) -> tooeasy.Sketch:
                return tooeasy.sketch_split(
                    split, moments=True, scheduler=client, part_bytes=1600, checkpoint=tmp_path / "kept"
                )

            assert run(split) == expected
            last = (folder / "train-00001-of-00002.parquet").read_bytes()
            files.pipe("pail/shards/train-00001-of-00002.parquet", last)  # the same bytes, written anew
            assert "images 300 to 399 of shards train have changed" in message(
                lambda: run(tooeasy.load("s3://pail/shards/").train), SourceError
            )
            again = tooeasy.load("s3://pail/shards/").train
            assert tooeasy.sketch_split(again, moments=True, scheduler=client, part_bytes=1600) == expected
    finally:
        server.stop()
        fsspec.get_filesystem_class("s3").clear_instance_cache()
