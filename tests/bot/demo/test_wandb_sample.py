"""The runs that come with the project: small, whole, and truthfully labelled."""

from pathlib import Path

import bot.demo.sample
from analysis.sources.datastore import read_records
from bot.demo.sample import unpack
from tests.runs import read_truth


def test_the_sample_is_small() -> None:
    """It stays below 5 MB, as part of the package."""
    folder = Path(bot.demo.sample.__file__).parent
    assert sum(each.stat().st_size for each in folder.rglob("*")) < 5_000_000


def test_every_run_of_the_sample_is_whole(tmp_path: Path) -> None:
    """Unpacked, each log has the rows that its label says, and its console output."""
    runs = read_truth(unpack(tmp_path / "runs"))
    assert {"run_crashed", "loss_not_finite", "overfitting", "run_failed"} <= {
        code for run in runs.values() for code in run.must
    }
    for run in runs.values():
        scan = read_records(run.log)
        rows = sum(record.WhichOneof("record_type") == "history" for record in scan)
        assert (run.name, rows, bool(scan.lost)) == (run.name, run.rows, False)
        assert (run.folder / "files" / "output.log").is_file()
