"""No secret that a run carries reaches Slack, the command line or a log, wherever it stands."""

import json
import logging
import random
import string
from collections.abc import Mapping
from io import StringIO

import pytest
from rich.console import Console

from analysis.causes import WhyReport, diagnose
from analysis.causes.batch import why_batch
from bot.demo.wandb import Errors
from bot.text_why import explanation
from tests.scenarios.office import Office

_CHANCE = random.Random(11)
_ALNUM = string.ascii_letters + string.digits


def _some(size: int, letters: str = _ALNUM) -> str:
    return "aB3xY9"[: 6 if letters == _ALNUM else 0] + "".join(
        _CHANCE.choice(letters) for _ in range(size - (6 if letters == _ALNUM else 0))
    )


KINDS: Mapping[str, str] = {
    "W&B": _some(40, "0123456789abcdef"),
    "W&B, new": "wandb_v1_" + _some(77),
    "OpenAI": "sk-proj-" + _some(60),
    "Anthropic": "sk-ant-api03-" + _some(60),
    "Hugging Face": "hf_" + _some(34),
    "GitHub": "ghp_" + _some(36),
    "Slack": "xoxb-123456789012-" + _some(24),
    "AWS": "AKIA" + _some(16, string.ascii_uppercase + string.digits),
    "Google": "AIza" + _some(35),
    "JSON web token": f"eyJhbGciOiJIUzI1NiJ9.eyJ{_some(30)}.{_some(30)}",
    "a password": "Zq7xkWv93plm",
}
NAMED = "a password"
"""It has no shape: only what stands around it tells, so it stands only where something does."""

LINES = (
    "export MY_API_TOKEN={}",
    "Authorization: Bearer {}",
    "https://bob:{}@host.example.org/x",
    "wandb login {}",
    "wandb.login(key='{}')",
    "curl -u bob:{} https://host.example.org",
    "Invalid API key: {}",
    "the token is {}",
    "{{'password': '{}'}}",
    "train.py --api-key {} --lr 0.1",
)
FRAMES = (
    "RuntimeError: 401 for https://bob:{}@host.example.org/x",
    "RuntimeError: Incorrect API key provided: {}. You can find your key in the settings.",
    "ValueError: login failed, password is {}",
    "PermissionError: config(api_key='{}', user='bob')",
)
TRACE = 'Traceback (most recent call last):\n  File "/w/a.py", line 3, in go\n    {}\n{}\n'


def leaks(text: str, secret: str) -> bool:
    """Whether a good part of the secret is in a text."""
    return any(secret[at : at + 10] in text for at in range(len(secret) - 9))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("line", [*LINES, *FRAMES])
def test_why_never_tells_a_secret(kind: str, line: str) -> None:
    """In a log, an exception or a source line: not in JSON, in a batch, nor as text."""
    secret = KINDS[kind]
    told = line.format(secret)
    for log in (
        f"step 1\n{told}\n",
        TRACE.format(f"call({told!r})", told),
        TRACE.format("x", told),
    ):
        report = WhyReport.of(diagnose(log, exit_code=1))
        assert not leaks(report.model_dump_json(), secret)
        console = Console(file=StringIO(), width=400)
        console.print(explanation(report, None))
        assert not leaks(console.file.getvalue(), secret)  # type: ignore[attr-defined]
        batch = json.dumps({"id": "a", "log": log, "exit_code": 1})
        assert not leaks("\n".join(why_batch([batch])), secret)


def everything(here: Office) -> str:
    """All that was sent to Slack: each call's arguments, files and their names too."""
    return "\n".join(json.dumps(call.args, default=str) for call in here.slack.calls)


async def test_slack_is_never_told_a_secret(here: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Of a name, a config, a command, the console or an error of W&B, in each answer."""
    caplog.set_level(logging.DEBUG, "bot")
    caplog.set_level(logging.DEBUG, "handlers")
    caplog.set_level(logging.DEBUG, "analysis")
    shaped = [secret for kind, secret in KINDS.items() if kind not in ("W&B", NAMED)]
    for number, some in enumerate((shaped[:5], shaped[5:])):
        name = f"beacon {' '.join(some)}"
        run = here.run(f"run-{number}", name=name, state="failed")
        run.configure({"model_name": f"net-{some[0]}", "lr": 0.1 + number})
        run.configure({f"{index} key": secret for index, secret in enumerate(some)})
        run.configure({"client_secret": KINDS[NAMED], "wandb": {"api_key": KINDS["W&B"]}})
        for line, secret in zip(LINES, [*some, *some], strict=False):
            run.print(line.format(secret))
        run.print(TRACE.format(LINES[number].format(some[1]), FRAMES[0].format(some[2])))
    await here.says("/wandb describe demo/vision/run-0")
    await here.quiet()
    await here.says("/wandb why demo/vision/run-1")
    await here.quiet()
    await here.says("/wandb compare demo/vision/run-0 demo/vision/run-1")
    await here.quiet()
    await here.says("/wandb failures demo/vision --days 7")
    await here.quiet()
    await here.says("/wandb watch demo/vision --once")
    await here.quiet()
    here.wandb.fail(Errors(f"bad key {KINDS['Hugging Face']}", partial=False))
    await here.says("/wandb describe demo/vision/run-1")
    await here.quiet()
    told = everything(here)
    assert "beacon" in told  # the names were told
    assert "net-" in told  # and the configs
    assert "host.example.org" in told  # and the errors
    for kind, secret in KINDS.items():
        assert not leaks(told, secret), kind
        assert not leaks(caplog.text, secret), kind
