"""What differs between configurations: typed, nested, ordered by what matters."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.comparing.config import differences, flatten, importance
from analysis.comparing.curves import effective_batch, sequence_length


def keys(*sides: dict[str, Any]) -> list[str]:
    return [item.key for item in differences([[side] for side in sides])[0]]


def test_nested_keys_are_dotted_and_the_important_come_first() -> None:
    """Learning rate before weight decay before what nobody knows."""
    a = {"zeta": 1, "optim": {"lr": 1e-3, "weight_decay": 0.1}, "seed": 1}
    b = {"zeta": 2, "optim": {"lr": 1e-4, "weight_decay": 0.0}, "seed": 2}
    assert keys(a, b) == ["optim.lr", "optim.weight_decay", "seed", "zeta"]


def test_types_count() -> None:
    """1 is 1.0 but neither True nor "1"; NaN is itself."""
    assert keys({"x": 1, "y": float("nan")}, {"x": 1.0, "y": float("nan")}) == []
    assert keys({"x": 1}, {"x": True}) == ["x"]
    assert keys({"x": 1}, {"x": "1"}) == ["x"]


def test_only_on_one_side() -> None:
    """A key that one side lacks is told from one that is null there."""
    (lacking,), _ = differences([[{"lr": 0.1}], [{}]])
    assert (lacking.values, lacking.present) == ((0.1, None), (True, False))
    (null,), _ = differences([[{"lr": 0.1}], [{"lr": None}]])
    assert null.present == (True, True)


def test_noise_is_counted_not_shown() -> None:
    """Paths, hosts and what W&B writes of itself are folded away."""
    a = {"output_dir": "/a", "_wandb": {"t": 1}, "data": "/data/x/train", "hostname": "n1"}
    b = {"output_dir": "/b", "_wandb": {"t": 2}, "data": "/data/x/test", "hostname": "n2"}
    shown, hidden = differences([[a], [b]])
    assert [item.key for item in shown] == ["data"]
    assert hidden == 3


def test_what_varies_within_a_side_is_no_difference_between_sides() -> None:
    """The same seeds on both sides are not listed; other ones are, as a list."""
    same = [{"seed": 0}, {"seed": 1}]
    assert differences([same, same]) == ([], 0)
    (seed,), _ = differences([same, [{"seed": 2}, {"seed": 3}]])
    assert seed.values == ([0, 1], [2, 3])


@pytest.mark.parametrize(
    ("config", "batch", "length"),
    [
        ({"per_device_train_batch_size": 8, "gradient_accumulation_steps": 4}, 32, None),
        ({"batch_size": 16, "world_size": 4, "block_size": 128}, 64, 128),
        ({"global_batch_size": 512, "batch_size": 4}, 512, None),
        ({"lr": 0.1}, None, None),
    ],
)
def test_effective_batch(config: dict[str, Any], batch: int | None, length: int | None) -> None:
    """Batch × accumulation × devices, unless it is told outright."""
    assert effective_batch(config) == batch
    assert sequence_length(config) == length


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=12,
)
CONFIG = st.dictionaries(st.text(max_size=8), JSON, max_size=5)


@given(CONFIG, CONFIG)
def test_any_configs_can_be_compared(a: dict[str, Any], b: dict[str, Any]) -> None:
    """Nothing differs from itself; the keys are the same whichever side comes first."""
    assert differences([[a], [a]]) == ([], 0)
    assert keys(a, b) == keys(b, a)
    assert all(importance(key) is None or importance(key) >= 0 for key, _ in flatten(a))  # type: ignore[operator]
