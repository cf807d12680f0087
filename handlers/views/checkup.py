"""A look at the installation, for administrators: what is wrong first, what to do about it."""

from typing import Final

from handlers.checkup import Check, Checkup, Status
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, escape, join, mrkdwn
from handlers.views.numbers import plural

_MARKS: Final[dict[Status, str]] = {"ok": "✅", "warn": "⚠️", "fail": "❌"}
_DETAIL: Final = 400


def looking() -> Message:
    """Said while the checks run."""
    text = mrkdwn("🩺 Looking everything over …")
    return b.message(text, [b.section(text)])


def message(found: Checkup) -> Message:
    """The checks, those that need something first."""
    wrong = [check for check in found.checks if check.status != "ok"]
    fine = [check for check in found.checks if check.status == "ok"]
    text = _headline(found)
    blocks: list[Block] = [b.section(mrkdwn("*{text}*", text=text))]
    blocks += [b.section(_line(check)) for check in wrong]
    if fine:
        blocks.append(b.section(join("\n", [_line(check) for check in fine])))
    blocks.append(b.context(mrkdwn("The same on the command line: `wandb-bot doctor`.")))
    return b.message(text, blocks)


def _headline(found: Checkup) -> Mrkdwn:
    failed = sum(check.status == "fail" for check in found.checks)
    warned = sum(check.status == "warn" for check in found.checks)
    if failed:
        verb = "needs" if failed == 1 else "need"
        what = plural(failed, "thing")
        return mrkdwn("🩺 {what} {verb} to be put right.", what=what, verb=verb)
    if warned:
        return mrkdwn("🩺 It works; {what} worth a look.", what=plural(warned, "thing"))
    return mrkdwn("🩺 All is well.")


def _line(check: Check) -> Mrkdwn:
    name = mrkdwn("{mark} *{name}*", mark=_MARKS[check.status], name=check.name)
    if check.status != "ok":
        name = mrkdwn("{name} ({status})", name=name, status=check.status)
    line = mrkdwn("{name}  {detail}", name=name, detail=escape(check.detail, _DETAIL))
    parts = [line]
    if check.ms is not None:
        parts[0] = mrkdwn("{line} · {ms} ms", line=line, ms=f"{check.ms:.0f}")
    if check.advice:
        parts.append(mrkdwn("      → {advice}", advice=escape(check.advice, _DETAIL)))
    return join("\n", parts)
