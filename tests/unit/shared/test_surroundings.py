"""Owns the proof of shared/surroundings.py: disks as they are, and counters that begin at 0."""

import math
import shutil
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared import metrics
from shared.config import BadConfiguration
from shared.surroundings import Surroundings


def measured(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_a_disk_is_measured_at_each_scrape(tmp_path: Path):
    environ = {"LINLI_WATCHED_FOLDERS": f"here={tmp_path}"}
    Surroundings.from_environment(environ).measure_disks()
    size = shutil.disk_usage(tmp_path).total
    assert measured("linli_disk_size_bytes", folder="here") == size
    assert 0 < (measured("linli_disk_free_bytes", folder="here") or 0) <= size


def test_a_disk_that_goes_away_takes_no_other_metric_with_it(tmp_path: Path):
    folder = tmp_path / "mounted"
    folder.mkdir()
    Surroundings({"away": str(folder)}, None).measure_disks()
    folder.rmdir()
    assert math.isnan(measured("linli_disk_free_bytes", folder="away") or 0)


def test_a_folder_that_is_not_there_is_refused_at_the_start(tmp_path: Path):
    with pytest.raises(BadConfiguration, match=r"LINLI_WATCHED_FOLDERS: .*none is no folder"):
        Surroundings.from_environment({"LINLI_WATCHED_FOLDERS": f"x={tmp_path}/none"})


def test_without_a_door_that_speaks_tls_no_certificate_is_looked_at():
    assert Surroundings.from_environment({}).door is None
    Surroundings({}, None).look()


def test_rare_events_are_counted_from_0():
    metrics.begin_saying("rare_thing_done.v1")
    metrics.begin_hearing("grid.on_rare_thing_done")
    said = measured("linli_relay_published_total", event="rare_thing_done.v1")
    failed = measured(
        "linli_events_handled_total", queue="grid.on_rare_thing_done", outcome="parked"
    )
    assert (said, failed) == (0, 0)
