"""Real recorded runs that come with the project, for the demo and where no larger set is there.

Small models, really trained on a CPU and logged with ``wandb``: each folder holds W&B's own
offline log (compressed) and the console output; ``truth.json`` says what is true of each.
"""

import gzip
import shutil
from importlib import resources
from pathlib import Path


def unpack(folder: Path) -> Path:
    """Write the runs below a folder, as ``wandb`` left them, and return it.

    Args:
        folder: created where it is missing.
    """
    with resources.as_file(resources.files(__name__)) as packed:
        for source in sorted(packed.rglob("*")):
            target = folder / source.relative_to(packed)
            if source.is_dir() or source.suffix in {".py", ".pyc"}:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.suffix == ".gz":
                with gzip.open(source) as compressed, target.with_suffix("").open("wb") as whole:
                    shutil.copyfileobj(compressed, whole)
            else:
                shutil.copyfile(source, target)
    return folder
