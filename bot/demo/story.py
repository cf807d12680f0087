"""What the demo's W&B holds: real recorded runs, moved in time as if they were of today.

Healthy, diverged, overfitted, crashed and failed ones, seeds to compare, runs whose losses need
not fall, and one that is still running and grows while one looks.
"""

from dataclasses import dataclass
from pathlib import Path

from bot.demo.wandb import LocalWandb, User
from bot.demo.wandb.replay import Replay

ENTITY = "demo"
ADA = User("ada", "Ada", "ada@example.com", entity=ENTITY, teams=(ENTITY,))
GRACE = User("grace", "Grace", "grace@example.com", entity=ENTITY, teams=(ENTITY,))
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A recorded run of the story.

    Attributes:
        run: the folder it is recorded in, and its id in the demo.
        project: where it stands.
        what: what one sees there, in a few words.
        ended_h: hours ago that it ended.
        lasted_h: hours that it took.
    """

    run: str
    project: str
    what: str
    ended_h: float
    lasted_h: float
    user: User = ADA
    tags: tuple[str, ...] = ()
    group: str | None = None


SCENES: tuple[Scene, ...] = (
    Scene("healthy-digits", "digits", "healthy", 2.5, 1.4, tags=("baseline",)),
    Scene("lr-too-high", "digits", "the loss became NaN", 5.0, 1.3),
    Scene("bad-batch", "digits", "two corrupted batches: a spike", 8.0, 1.4, GRACE),
    Scene("tiny-train-set", "digits", "overfitted", 20.0, 2.8, GRACE),
    Scene("slow-loader", "digits", "became slow half-way", 26.0, 2.2),
    Scene("out-of-memory", "digits", "failed: out of memory", 1.2, 0.6),
    Scene("killed", "digits", "crashed: contact lost", 0.7, 0.9, GRACE),
    Scene("char-gpt-hot", "char-lm", "diverged", 3.0, 1.1),
    Scene("hf-gpt2", "code-lm", "healthy, by the transformers Trainer", 6.0, 1.9, tags=("hf",)),
    Scene("hf-oom", "code-lm", "failed: CUDA out of memory", 5.5, 0.4, tags=("hf",)),
    Scene("lit-overfit", "lit-digits", "overfitted, by Lightning", 11.0, 1.6, GRACE),
    Scene("digit-gan", "gan", "a GAN: two losses that need not fall", 14.0, 3.1),
    Scene("sb3-ppo", "cartpole", "reinforcement learning", 9.0, 0.8, GRACE),
    *(
        Scene(
            f"lr{rate}-seed{seed}", "seeds", f"learning rate {rate}", 30.0 - seed, 0.8, group=rate
        )
        for rate in ("0.001", "0.0001")
        for seed in range(3)
    ),
)
LIVE = Scene("char-gpt", "char-lm", "still running: it grows while you look", 0.0, 0.75)
"""The run that is still running; ``lasted_h`` is what it takes in all."""

_DONE = 0.4  # the share of the live run that is over when the demo starts


def seed(server: LocalWandb, runs: Path) -> Replay:
    """Fill a server with the story.

    Args:
        server: it may be serving already.
        runs: the folder of recorded runs.

    Returns:
        The run that is still running: ``await replay.play()`` lets it grow until it ends.
    """
    now = server.clock()
    server.crash_after_s = 300.0
    for scene in SCENES:
        server.add_recorded(
            runs / scene.run,
            entity=ENTITY,
            project=scene.project,
            name=scene.run,
            display_name=scene.run,
            ended_at=now - scene.ended_h * _HOUR,
            lasted_s=scene.lasted_h * _HOUR,
            user=scene.user,
            tags=list(scene.tags),
            group=scene.group,
        )
    lasts = LIVE.lasted_h * _HOUR
    return Replay.start(
        server,
        runs / LIVE.run,
        lasts_s=lasts,
        started_at=now - lasts * _DONE,
        entity=ENTITY,
        project=LIVE.project,
        name=LIVE.run,
        display_name=LIVE.run,
        user=LIVE.user,
    )
