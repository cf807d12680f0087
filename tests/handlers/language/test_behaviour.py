"""What the parts of understanding promise, one sentence each."""

import json
from typing import Any

import pytest

from handlers.language import COMMANDS, Context, Intent, Understanding, understand, understand_batch
from handlers.language.grammar import parse
from handlers.language.resolve import RunIndex
from handlers.language.text import Kind, clean

NOW = "2026-11-24T22:00:00Z"
ALPHA, BETA = "acme/vision/a1b2c3d4", "acme/vision/b2c3d4e5"


def context(addressed: str = "mention", **more: Any) -> Context:
    """A context with a handful of runs."""
    names = ["alpha", "beta", "calm-otter-1", "calm-otter-2", "best", "Lora sweep 7"]
    ids = ["a1b2c3d4", "b2c3d4e5", "c0ffee01", "c0ffee02", "be57be57", "10ra5w33"]
    known = [
        {"entity": "acme", "project": "vision", "id": run, "name": name, "user": "anna"}
        for run, name in zip(ids, names, strict=True)
    ]
    return Context.model_validate(
        {
            "addressed": addressed,
            "now": NOW,
            "bot": {"slack_id": "U0BOT"},
            "known_runs": known,
            **more,
        }
    )


def said(text: str, addressed: str = "mention", **more: Any) -> Understanding:
    """What a sentence means."""
    return understand(text, context(addressed, **more))


def test_marks_of_slack_are_taken_apart() -> None:
    """Mentions, links, escapes and code become typed words."""
    cleaned = clean("<@U0BOT> a &amp; `b` <https://x.io/y|z> <!here> &lt; 5 :wave:", "U0BOT")
    kinds = [word.kind for word in cleaned.clauses[0].words]
    assert kinds == [
        Kind.BOT,
        Kind.WORD,
        Kind.WORD,
        Kind.NAME,
        Kind.URL,
        Kind.OPERATOR,
        Kind.WORD,
    ]
    assert cleaned.bot
    assert cleaned.emoji == ("wave",)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("acme/vision/a1b2c3d4", ALPHA),
        ("a1b2c3d4", ALPHA),
        ("ALPHA", ALPHA),
        ("vision/alpha", ALPHA),
        ("calm otter 1", "acme/vision/c0ffee01"),
        ("alp", ALPHA),
        ("alhpa", ALPHA),
        ("calm-oter-2", "acme/vision/c0ffee02"),
        ("https://wandb.ai/acme/vision/runs/a1b2c3d4/logs?nw=x", ALPHA),
    ],
)
def test_a_run_is_found_by_what_people_call_it(name: str, path: str) -> None:
    """Path, id, name, other separators, prefix, similar name and address."""
    assert RunIndex(context()).find(name).path == path


@pytest.mark.parametrize("name", ["calm", "calm-otter-3", "omega", "al", ""])
def test_what_is_not_clear_is_not_guessed(name: str) -> None:
    """Several matches, other digits, too short or nothing like it: no run."""
    assert RunIndex(context()).find(name).path is None


def test_a_name_that_is_a_word_is_a_run_where_that_reads_better() -> None:
    """ "best" is a run after a verb, and a word before "run in P"."""
    assert said("describe best").slots.runs == ("acme/vision/be57be57",)
    assert said("best run in vision").intent is Intent.BEST_RUN


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("failed runs since monday", "2026-11-23"),
        ("failed runs since tuesday", "2026-11-17"),
        ("failed runs since 9am", "2026-11-24T09:00"),
        ("failed runs today", "2026-11-24"),
        ("failed runs this month", "2026-11-01"),
    ],
)
def test_times_are_counted_from_the_clock_of_the_context(text: str, since: str) -> None:
    """A day to look back to is an ISO date."""
    assert said(text).slots.since == since


@pytest.mark.parametrize(
    ("text", "duration"),
    [("2h", "2h"), ("90 minutes", "1h30m"), ("half an hour", "30m"), ("two days", "2d")],
)
def test_durations_have_one_form(text: str, duration: str) -> None:
    """Short, with days where they are whole."""
    assert said(f"snooze alpha for {text}").slots.duration == duration


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("briefing every weekday at half past eight", "08:30"),
        ("briefing at quarter to nine on weekdays", "08:45"),
        ("briefing at eight thirty in the evening", "20:30"),
        ("briefing at nine every day", "09:00"),
        ("briefing at twenty past 7 pm", "19:20"),
    ],
)
def test_a_time_of_day_may_be_spoken(text: str, time: str) -> None:
    """Times are said in words as often as in digits."""
    assert said(text).slots.time == time


@pytest.mark.parametrize("text", ["take a look at two", "look at two of them", "look at one"])
def test_a_number_is_not_yet_a_time(text: str) -> None:
    """How many is no time of day."""
    assert said(text).slots.time is None


def test_a_time_zone_has_its_own_spelling() -> None:
    """What a schedule is stored with is the IANA name, however it was typed."""
    assert said("briefing at 9 america/new_york").slots.timezone == "America/New_York"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("eval/loss &lt; 0.5", {"metric": "eval/loss", "op": "<", "value": 0.5}),
        ("loss drops below 1e-3", {"metric": "loss", "op": "<", "value": 0.001}),
        ("accuracy reaches 90%", {"metric": "accuracy", "op": ">=", "value": 0.9}),
        ("loss reaches 0.2", {"metric": "loss", "op": "<=", "value": 0.2}),
        (
            "train/loss &gt; 2 x its median for 100 steps",
            {"metric": "train/loss", "kind": "ratio", "factor": 2, "steps": 100},
        ),
        (
            "grad_norm is 4 sigma above normal",
            {"metric": "grad_norm", "kind": "zscore", "factor": 4},
        ),
        ("the loss is not finite", {"metric": "loss", "kind": "nan"}),
    ],
)
def test_conditions_become_rules(text: str, rule: dict[str, object]) -> None:
    """A threshold, a ratio, a z-score, or not a number."""
    understood = said(f"alert me when {text}")
    assert understood.intent is Intent.ALERT_RULE
    assert understood.slots.rule is not None
    assert understood.slots.rule.model_dump(exclude_none=True) == rule


@pytest.mark.parametrize(
    "text",
    [
        "don't mute alpha",
        "we should not mute alpha",
        "should we mute alpha?",
        "if we mute alpha we miss it",
        "anna said: mute alpha",
        "I muted alpha",
        "`mute alpha`",
        "someone please mute alpha",
        "mute alpha. just kidding",
        "mute alpha would be wrong",
    ],
)
@pytest.mark.parametrize("addressed", ["mention", "thread", "dm", "command"])
def test_only_an_order_is_an_order(text: str, addressed: str) -> None:
    """Negated, hypothetical, reported, past, quoted or doubtful: nothing is muted."""
    assert said(text, addressed).intent is not Intent.MUTE


def test_an_order_with_a_question_mark_is_asked_back() -> None:
    """ "Mute alpha?" may ask whether to, "can you mute alpha?" does not."""
    assert said("mute alpha?").intent is Intent.CLARIFY
    assert said("can you mute alpha?").intent is Intent.MUTE


def test_an_overheard_sentence_needs_the_thread() -> None:
    """The same words are for the bot in the thread of a run, and for nobody elsewhere."""
    run = {"kind": "run", "run": ALPHA}
    assert said("is it done?", "thread", thread=run).slots.runs == (ALPHA,)
    assert said("is it done?", "thread").intent is Intent.UNKNOWN


def test_a_thread_resolves_what_is_pointed_at() -> None:
    """Ordinals count in the list that was shown."""
    shown = {"kind": "list", "runs": [ALPHA, BETA]}
    assert said("describe run 2", thread=shown).slots.runs == (BETA,)
    assert said("describe the last one", thread=shown).slots.runs == (BETA,)
    assert said("compare these two", thread=shown).slots.runs == (ALPHA, BETA)


def test_flags_may_stand_in_any_order_and_quotes_keep_names_together() -> None:
    """The strict grammar of slash commands."""
    parsed = parse('compare "Lora sweep 7" --by tokens alpha --metric=eval/loss')
    assert parsed.command is COMMANDS["compare"]
    assert parsed.rest == '"Lora sweep 7" alpha'
    assert parsed.flags == {"by": "tokens", "metric": "eval/loss"}


@pytest.mark.parametrize(
    "typed",
    [
        '--where "tag:a or tag:b"',
        "--where 'tag:a or tag:b'",
        '--where="tag:a or tag:b"',
        "--where='tag:a or tag:b'",
    ],
)
def test_a_flag_takes_words_in_quotes_of_either_kind(typed: str) -> None:
    """As a shell would."""
    parsed = parse(f"watch alice's/vision {typed} --once")
    assert parsed.rest == "alice's/vision"
    assert parsed.flags == {"where": "tag:a or tag:b", "once": ""}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_has_help_and_examples_that_work(name: str) -> None:
    """An example in the help text is understood as its command."""
    command = COMMANDS[name]
    assert command.summary
    assert command.details
    for example in command.examples:
        understood = said(example, "command")
        expected = {command.intent} | ({Intent.WATCH_NOW} if "--once" in example else set())
        assert understood.intent in expected


def test_a_batch_names_what_is_wrong_with_a_line() -> None:
    """The id is kept where there is one."""
    lines = ["{", "[]", '{"id": 7}', '{"id": "x", "text": "hi", "context": {"addressed": "sky"}}']
    answers = [json.loads(line) for line in understand_batch(lines)]
    assert [answer["id"] for answer in answers] == [None, None, 7, "x"]
    assert all(answer["error"] for answer in answers)


@pytest.mark.parametrize(
    ("line", "intent", "slots"),
    [
        ("failures audio", Intent.FAILURES, {"projects": ("audio",)}),
        ("failures training", Intent.FAILURES, {"projects": ("training",)}),
        ("watch status", Intent.START_WATCH, {"entity": "status"}),
        ("best cats by speed", Intent.BEST_RUN, {"projects": ("cats",), "metrics": ("speed",)}),
    ],
)
def test_the_first_word_of_a_command_decides(
    line: str, intent: Intent, slots: dict[str, object]
) -> None:
    """What follows is a name, even where it is a plain word or one of the table's."""
    found = said(line, "command")
    assert found.intent is intent
    assert {name: getattr(found.slots, name) for name in slots} == slots


@pytest.mark.parametrize("metric", ["custom/x", "a/b/c"])
def test_a_rule_after_alert_is_never_another_order(metric: str) -> None:
    """A metric that looks like a path is not watched, and not waited for."""
    found = said(f"alert when {metric} is nan", "command")
    assert found.intent is Intent.ALERT_RULE
    assert found.slots.rule is not None
    assert found.slots.rule.metric == metric


def test_commas_join_the_runs_of_one_side() -> None:
    """Only between the sides of the command; a list of runs alone is a list."""
    found = said("compare calm-otter-1,calm-otter-2 alpha", "command")
    assert found.slots.runs == ("acme/vision/c0ffee01,acme/vision/c0ffee02", ALPHA)
    assert said("compare alpha,beta", "command").slots.runs == (ALPHA, BETA)


@pytest.mark.parametrize("text", ["undo", "snooze", "~mute this~", "wake me when it's over"])
def test_overheard_orders_need_an_object_and_plain_words(text: str) -> None:
    """A bare word, struck text or a figure of speech among people starts nothing."""
    thread = {"kind": "run", "run": ALPHA}
    assert said(text, "thread", thread=thread).intent is Intent.UNKNOWN


def test_a_request_may_follow_a_remark_but_no_condition() -> None:
    """A refusal before it does not negate it; a condition holds for it."""
    assert said("<@U0BOT> no alerts needed, please mute alpha").intent is Intent.MUTE
    assert said("<@U0BOT> if it crashes again, please mute alpha").intent is not Intent.MUTE


def test_a_whole_word_inside_a_name_is_enough_where_only_one_run_has_it() -> None:
    """“lora” is the sweep; “otter” is two runs and stays open; part of a word is nothing."""
    index = RunIndex(context())
    assert index.find("sweep").path == "acme/vision/10ra5w33"
    assert len(index.find("otter").paths) == 2
    assert index.find("weep").path is None
    assert said("why did sweep crash?").slots.runs == ("acme/vision/10ra5w33",)


def test_a_command_with_flags_is_read_as_such_after_a_mention_too() -> None:
    """Only its own flags make it a command; overheard it is none."""
    found = said("<@U0BOT> compare alpha beta --by tokens")
    assert found.intent is Intent.COMPARE
    assert found.slots.axis == "tokens"
    assert said("failures vision --days 7", "dm").slots.days == 7
    thread = {"kind": "run", "run": ALPHA}
    assert said("mute alpha --for-ever", "thread", thread=thread).intent is Intent.UNKNOWN


@pytest.mark.parametrize(
    "text", ["mute alpha... actually no, don't", "mute alpha. or not.", "mute alpha, or rather not"]
)
def test_what_is_taken_back_at_once_is_not_done(text: str) -> None:
    """A second thought in the same message holds."""
    assert said(f"<@U0BOT> {text}").intent in {Intent.UNKNOWN, Intent.CLARIFY}


def test_no_need_to_watch_any_more_is_an_order_to_the_bot_alone() -> None:
    """Without “any more” it is asked back; among people it starts nothing."""
    thread = {"kind": "run", "run": ALPHA}
    assert said("<@U0BOT> no need to watch alpha any more").intent is Intent.STOP_WATCH
    assert said("<@U0BOT> no need to watch alpha").intent is Intent.CLARIFY
    overheard = said("no need to watch alpha any more", "thread", thread=thread)
    assert overheard.intent is Intent.UNKNOWN


def test_the_worst_run_is_asked_back() -> None:
    """What is best is never shown for the worst."""
    found = said("<@U0BOT> worst run by eval/loss")
    assert found.intent is Intent.CLARIFY
    assert found.slots.metrics == ("eval/loss",)


@pytest.mark.parametrize("text", ["unwatch everything", "mute everything", "snooze all for 1h"])
def test_everything_is_more_than_what_the_thread_is_about(text: str) -> None:
    """In a thread about a run, “everything” is not that run."""
    thread = {"kind": "run", "run": ALPHA}
    assert said(text, thread=thread).slots.runs is None
    assert said("mute it", thread=thread).slots.runs == (ALPHA,)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("sorry, wrong one, undo", Intent.UNDO),
        ("alpha is dead, so mute it", Intent.MUTE),
        ("no need to watch alpha any more, unwatch it", Intent.STOP_WATCH),
        ("the docs say, mute alpha", Intent.UNKNOWN),
        ("for example: mute alpha", Intent.UNKNOWN),
        ("you could also, watch alpha", Intent.UNKNOWN),
    ],
)
def test_an_order_behind_a_remark(text: str, intent: Intent) -> None:
    """It follows from the remark, ends what that refuses, or restores; else it is no order."""
    assert said(text).intent is intent


def test_a_plot_may_be_over_time() -> None:
    """By a flag or in words."""
    assert said("plot alpha --by time", "command").slots.axis == "time"
    assert said("plot the loss of alpha by tokens").slots.axis == "tokens"
