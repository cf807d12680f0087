"""A numbered list of runs, and the best ones as a table; “run 3” means the third."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from analysis import metrics
from analysis.ranking import Ranking
from analysis.reports import RunFacts
from analysis.run import Run, RunState
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mrkdwn
from handlers.views.numbers import age, duration, number, plural, step
from handlers.views.words import state_word

PAGE: Final = 10
MORE: Final = "runs.more"
OPEN: Final = "runs.open"
_LISTED: Final = 100  # of a menu
_NAME: Final = 40
_TABLE: Final = 6_500  # of the characters that a whole message may hold


def listing(
    runs: Sequence[Run],
    *,
    what: str,
    where: str,
    now: datetime,
    page: int = 0,
    total: int | None = None,
    more: str = "",
    token: str = "",
) -> Message:
    """Runs, numbered in the order shown.

    Args:
        runs: All that were found, from the first page on.
        what: What was asked for, such as “failed runs since 2 Nov”.
        where: The project or entity.
        now: When it is shown.
        page: Which ten are shown, from 0.
        total: How many there are, where W&B says so.
        more: The value of the buttons that turn the page; none where it is empty.
        token: What finds the list again when one of it is chosen.
    """
    text = _title(len(runs), total, what, where)
    if not runs:
        hint = mrkdwn("Other projects: {example}.", example=code("/wandb runs ENTITY/PROJECT"))
        return b.message(text, [b.section(text), b.context(hint)])
    first = page * PAGE
    shown = runs[first : first + PAGE]
    several = len({run.ref.project for run in runs}) > 1
    lines = [_line(first + place, run, several) for place, run in enumerate(shown, start=1)]
    halves = [lines[at : at + 5] for at in range(0, len(lines), 5)]
    last = first + len(shown)
    span = mrkdwn("{first} to {last} of {all}  ·  ", first=first + 1, last=last,
                  all=plural(total or len(runs), "run"))  # fmt: skip
    note = mrkdwn(
        "{span}Say {example} for more about one.  ·  W&amp;B, {when}",
        span=span if last < (total or len(runs)) or page else Mrkdwn(),
        example=code(f"describe run {min(first + 2, last)}"),
        when=date(now),
    )
    block_id = f"list:{token}" if token else None
    row = b.actions(
        [
            _menu(shown, first),
            b.button("Newer", f"{MORE}:back", turned(more, page - 1)) if page and more else None,
            b.button("Older", f"{MORE}:on", turned(more, page + 1))
            if more and last < (total or len(runs))
            else None,
        ],
        block_id=block_id,
    )
    head = b.section(mrkdwn("*{text}*", text=text))
    sections = [b.section(join("\n", half)) for half in halves]
    flat = b.only([head, *sections, b.context(note), row])
    if len(runs) <= PAGE:  # a line each reads better, above all on a phone
        return b.message(text, flat)
    table = run_table(runs, total=total, now=now)
    every = b.actions([_menu(runs, 0)], block_id=block_id)
    hint = mrkdwn("Say {example} for more about one.  ·  W&amp;B, {when}",
                  example=code("describe run 2"), when=date(now))  # fmt: skip
    return b.message(text, b.only([head, table, b.context(hint), every]), flat)


def run_table(runs: Sequence[Run], *, total: int | None, now: datetime) -> Block:
    """Runs as a table that sorts and pages: number, name, state, age, leading metric, owner."""
    metric = _common_metric(runs)
    several = len({run.ref.project for run in runs}) > 1
    owners = len({run.user for run in runs if run.user}) > 1
    columns = ["#", "Run", "State", "Seen", *([metric] if metric else [])]
    columns += [*(["Project"] if several else []), *(["By"] if owners else [])]
    rows: list[list[b.Cell]] = []
    for place, run in enumerate(runs, start=1):
        word = state_word(run.state.value)
        row: list[b.Cell] = [place, b.Linked(_short(run.name or run.ref.id), run.url),
                             f"{word.emoji} {word.text}", _age(run, now)]  # fmt: skip
        row += [_metric_cell(run, metric)] if metric else []
        row += [_short(run.ref.project)] if several else []
        row += [run.user or ""] if owners else []
        rows.append(row)
    caption = "Newest first"
    if total is not None and total > len(runs):
        caption = f"The newest {step(len(runs))} of {plural(total, 'run')}"
    return b.data_table(caption, columns, rows, page=PAGE, head=1, characters=_TABLE)


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _age(run: Run, now: datetime) -> b.Cell:
    """How long ago it was last heard of; sorts by that."""
    when = run.ended_at or run.heartbeat_at or run.created_at
    if when is None:
        return None
    seconds = max(0.0, (now - when).total_seconds())
    return b.Sized(round(seconds), age(seconds))


def _common_metric(runs: Sequence[Run]) -> str:
    """The leading metric that most of the runs log; empty where they log none."""
    counted = Counter(name for run in runs if (name := _leading_metric(run)))
    return counted.most_common(1)[0][0] if counted else ""


def _metric_cell(run: Run, metric: str) -> b.Cell:
    value: Any = run.summary.get(metric)
    return float(value) if _is_number(value) else None


def turned(value: str, page: int) -> str:
    """The value of a button that shows another page of the same list."""
    return json.dumps({**json.loads(value), "page": max(0, page)}) if value else ""


def looking(where: str) -> Message:
    """A promise."""
    text = mrkdwn("👀 Looking through {where} …", where=code(where, 120))
    return b.message(text, [b.context(text)])


def best(ranking: Ranking, *, now: datetime) -> Message:
    """The best runs by a metric, as a table and as lines for who cannot show one."""
    first = ranking.runs[0]
    word = "lowest" if ranking.direction == "down" else "highest"
    # Of a metric that no way is better of, the first is only the highest.
    told = metrics.direction_of(ranking.metric) is not None
    mark, title = ("🏆", "Best") if told else ("🔢", "Highest")
    text = mrkdwn(
        "{mark} {title} in {where}: {run} with {metric} {value}",
        mark=mark,
        title=title,
        where=escape(ranking.within, 120),
        run=escape(first.run.name or first.run.id, 80),
        metric=escape(ranking.metric, 80),
        value=number(first.value),
    )
    head = mrkdwn(
        "{mark} *{title} in {where}: {run}* with {metric} *{value}*",
        mark=mark,
        title=title,
        where=escape(ranking.within, 120),
        run=link(first.run.url, first.run.name or first.run.id, 100),
        metric=code(ranking.metric, 80),
        value=number(first.value),
    )
    notes = [
        mrkdwn(
            "{word} last value of {metric} first",
            word=word.capitalize(),
            metric=code(ranking.metric, 80),
        ),
        mrkdwn("chosen because you named no metric") if ranking.chosen else Mrkdwn(),
        mrkdwn("{count} without a finite value left out", count=plural(ranking.without, "run"))
        if ranking.without
        else Mrkdwn(),
        mrkdwn("W&amp;B, {when}", when=date(now)),
    ]
    note = b.context(join("  ·  ", notes))
    row = b.actions([_menu_of([each.run for each in ranking.runs], 0)])
    if len(ranking.runs) == 1:
        line = _ranked_line(1, ranking, 0)
        return b.message(text, b.only([b.section(head), b.section(line), note, row]))
    table = b.data_table(
        f"Best by {ranking.metric}",
        ["#", "Run", "Last", "Best", "State", "By"],
        [
            [
                place,
                b.Linked(_short(each.run.name or each.run.id), each.run.url),
                each.value,
                each.best,
                state_word(each.run.state).text,
                each.run.user or "",
            ]
            for place, each in enumerate(ranking.runs, start=1)
        ],
        page=PAGE,
        head=1,
        characters=_TABLE,
    )
    lines = [_ranked_line(place, ranking, place - 1) for place in range(1, len(ranking.runs) + 1)]
    chunks = [b.section(join("\n", lines[at : at + 10])) for at in range(0, len(lines), 10)]
    plainer = b.only([b.section(head), *chunks, note, row])
    return b.message(text, b.only([b.section(head), table, note, row]), plainer)


def _ranked_line(place: int, ranking: Ranking, at: int) -> Mrkdwn:
    each = ranking.runs[at]
    parts = [
        mrkdwn("{place}. {run} *{value}*", place=place,
               run=link(each.run.url, each.run.name or each.run.id, 100), value=number(each.value)),
    ]  # fmt: skip
    if each.best is not None and each.best_step is not None and each.best != each.value:
        parts.append(
            mrkdwn("best {best} at step {step}", best=number(each.best), step=step(each.best_step))
        )
    parts.append(mrkdwn("{state}", state=state_word(each.run.state).text))
    if each.run.user:
        parts.append(escape(each.run.user, 60))
    return join("  ·  ", parts)


def _title(found: int, total: int | None, what: str, where: str) -> Mrkdwn:
    count = max(found, total or 0)
    if not count:
        return mrkdwn("🔎 No {what} in {where}", what=escape(what, 120), where=escape(where, 120))
    noun = what if count != 1 else what.replace("runs", "run", 1)
    return mrkdwn(
        "📋 {count} {what} in {where}",
        count=step(count),
        what=escape(noun, 120),
        where=escape(where, 120),
    )


def _line(place: int, run: Run, several: bool) -> Mrkdwn:
    facts = RunFacts.of(run)
    word = state_word(facts.state)
    parts = [
        mrkdwn("{place}. {emoji} {name}", place=place, emoji=word.emoji,
               name=link(run.url, run.name or run.ref.id, 80)),
        _since(run, word.text),
    ]  # fmt: skip
    if several:
        parts.append(escape(run.ref.project, 60))
    headline = _headline(run)
    if headline:
        parts.append(headline)
    if run.user:
        parts.append(escape(run.user, 40))
    return join("  ·  ", parts)


def _since(run: Run, word: str) -> Mrkdwn:
    """The state, and since when or for how long."""
    if run.state.live:
        if not run.runtime_s:
            return mrkdwn("{word}", word=word)
        return mrkdwn("{word} for {ran}", word=word, ran=duration(run.runtime_s))
    when = run.ended_at or run.heartbeat_at or run.created_at
    if when is None or run.state is RunState.PENDING:
        return mrkdwn("{word}", word=word)
    return mrkdwn("{word} {when}", word=word, when=date(when, "{date_short_pretty}, {time}"))


def _headline(run: Run) -> Mrkdwn:
    """The one number that tells most, from the summary: evaluation, else reward, else loss."""
    name = _leading_metric(run)
    if not name:
        return Mrkdwn()
    value = number(float(run.summary[name]))
    return mrkdwn("{metric} {value}", metric=escape(name, 40), value=value)


def _leading_metric(run: Run) -> str:
    names = [name for name, value in run.summary.items() if _is_number(value)]
    for found in (metrics.evals(names), metrics.rewards(names), metrics.losses(names)):
        if found:
            return found[0]
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _menu(runs: Sequence[Run], first: int) -> Any:
    return _menu_of([RunFacts.of(run) for run in runs], first)


def _menu_of(runs: Sequence[RunFacts], first: int) -> Any:
    """A menu that describes the run chosen; none where a path is too long for an option's value."""
    options = [
        {
            "text": {
                "type": "plain_text",
                "text": f"{place}. {run.name or run.id}"[:75],
                "emoji": False,
            },
            "value": run.path,
        }
        for place, run in enumerate(runs[:_LISTED], start=first + 1)
        if len(run.path) <= 150
    ]
    if not options:
        return None
    return {
        "type": "static_select",
        "action_id": OPEN,
        "placeholder": {"type": "plain_text", "text": "Describe one", "emoji": False},
        "options": options,
    }
