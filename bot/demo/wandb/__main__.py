"""A local W&B server in a process of its own, for benchmarks and for trying things by hand.

``python -m bot.demo.wandb --rows 1000000 --metrics 10`` prints the address as JSON and serves
until it is interrupted.
"""

import asyncio
import contextlib
import json
from pathlib import Path

import click
import numpy as np

from bot.demo.wandb import API_KEY, LocalWandb
from bot.demo.wandb.columns import Floats


@click.command()
@click.argument("runs", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--rows", default=0, help="Add a made run, demo/made/made, of so many rows.")
@click.option("--metrics", default=10, help="Metrics of the made run.")
@click.option("--copies", default=1, help="So many made runs.")
@click.option("--seed", default=0, help="Of the made runs' values.")
def main(
    runs: tuple[Path, ...], port: int, rows: int, metrics: int, copies: int, seed: int
) -> None:
    """Serve recorded RUNS (folders or .wandb files) and made ones."""
    server = LocalWandb(port=port, seed=seed)
    for path in runs:
        server.add_recorded(path)
    for number in range(copies if rows else 0):
        server.add_run(
            "demo",
            "made",
            "made" if copies == 1 else f"made{number}",
            columns=falling_losses(rows, metrics, seed + number),
            config={"lr": 0.001, "max_steps": rows},
        )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(server))


def falling_losses(rows: int, metrics: int, seed: int) -> dict[str, Floats]:
    """Noisy curves that fall like a power of the step: ``train/loss``, ``train/grad_norm``, ….

    Args:
        rows: length of each.
        metrics: how many.
        seed: of the noise.
    """
    dice = np.random.default_rng(seed)
    step = np.arange(rows, dtype=np.float64)
    names = ["train/loss", "train/grad_norm", *(f"train/metric_{n}" for n in range(2, metrics))]
    made = {}
    for name in names[:metrics]:
        noise = np.exp(dice.normal(0.0, 0.03, rows))
        made[name] = (0.4 + 2.0 * (1.0 + step / 200.0) ** -0.6) * noise
    return made


async def _serve(server: LocalWandb) -> None:
    async with server:
        click.echo(json.dumps({"base_url": server.base_url, "api_key": API_KEY}))
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
