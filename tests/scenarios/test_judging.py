"""Comparing, explaining and counting failures with the whole bot, against a local Slack and W&B."""

from handlers.views.validate import validate_message
from tests.comparisons import LOG
from tests.scenarios.office import Office, read


async def test_two_runs_are_compared_from_what_they_logged(here: Office) -> None:
    """The verdict, the numbers and the picture come from W&B; a follow-up changes the axis."""
    here.run("alpha", eval_loss=0.5)
    here.run("beta", eval_loss=1.9)
    question = await here.asks("compare demo/vision/alpha and demo/vision/beta")
    answer = await here.answer("alpha is better")
    assert answer.thread_ts == question
    assert "one seed only" in read(answer)
    async with here.clock.passing():
        # Few points are Slack's own chart, more a picture.
        shapes = {"image", "data_visualization"}
        await here.slack.until(lambda: shapes & {block["type"] for block in answer.blocks})
    assert not validate_message({"text": answer.text, "blocks": list(answer.blocks)})
    await here.quiet()  # what a thread is about is noted after the answer was posted
    await here.says("what about by time?", thread=question)
    again = await here.answer("After 2.5 min")
    assert again.thread_ts == question


async def test_a_failed_run_is_explained_and_counted(here: Office) -> None:
    """The cause is in the description, in `why`, and once in the project's failures."""
    for name in ("one", "two"):
        here.run(name, state="failed").print(LOG)
    await here.says("/wandb describe demo/vision/one")
    described = await here.answer("Why:")
    assert "KeyError" in read(described)
    await here.says("/wandb why demo/vision/one")
    explained = await here.answer("console lines")
    assert "1 other run of this project ended with the same error" in read(explained)
    await here.says("/wandb failures demo/vision --days 7")
    counted = await here.answer("2 ×")
    assert "all with the same error" in counted.text
