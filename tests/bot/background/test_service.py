"""The paces follow the settings."""

from bot.background.service import Paces
from bot.settings import Engine, Settings, Watch


def test_the_settings_reach_the_engine_the_sweep_and_the_messages() -> None:
    """Each of them by its own name; all else keeps its default."""
    settings = Settings(
        engine=Engine(replica_timeout=12),
        watch=Watch(tick_s=45, updates_per_minute=20, late_after_s=120),
    )
    paces = Paces.of(settings)
    assert paces.engine.replica_timeout == 12
    assert paces.sweep.tick_s == 45
    assert paces.paint.per_minute == 20
    assert paces.delivery.late_after_s == 120
    assert paces.delivery.settle_s == Paces().delivery.settle_s
