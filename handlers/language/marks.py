"""Marks made of several words: pointing words, axes, counts, owners, places and conditions.

The patterns are the language's; what each of them makes is decided here by its name.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import cast

from handlers.language.intents import Context, Ref, Rule
from handlers.language.phrases import Language
from handlers.language.times import number

Values = dict[str, object]
Mark = Callable[[str, object], str]

_NUM = r"(?P<value>-?\d+(?:[.,]\d+)?(?:e[-+]?\d+)?(?:%| %| percent| pct)?)"
_PERCENT = re.compile(r" ?(?:%|percent|pct)$")
_SIGNS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=="}


def value_of(text: str) -> float:
    """A number as people write it: `0,5`, `1e-3`, `90%`."""
    if found := _PERCENT.search(text):
        return round(float(text[: found.start()].replace(",", ".")) / 100, 12)
    value = float(text.replace(",", "."))
    whole = abs(value) < 1e15 and value == int(value) and "e" not in text
    return int(value) if whole else value


class MarkReader:
    """Makes marks of several words in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._refs = tuple((_bounded(pattern), kind, n) for pattern, kind, n in language.references)
        self._axes = _bounded(language.patterns["axis"])
        self._bare_axis = _bounded(language.patterns["bare_axis"])
        self._end_axis = re.compile(rf"(?<!\S)(?:{language.patterns['end_axis']})")
        self._axis_names = tuple((re.compile(pattern), axis) for pattern, axis in language.axes)
        self._tops = tuple(_bounded(pattern) for pattern in language.counts)
        self._owners = tuple(_bounded(pattern) for pattern in language.owners)
        self._possessive = re.compile(r" 's(?!\S)")
        self._owned = _bounded(language.patterns["owned"])
        self._places = tuple(_bounded(pattern) for pattern in language.places)
        self._no_name = _bounded(language.patterns["no_name"])
        self._condition = Conditions(language)

    def mark(self, text: str, values: Values, mark: Mark, context: Context) -> str:
        """Replaces what it finds by marks."""
        text = self._axes.sub(lambda m: mark("AXIS", self._axis(m[0])), text)
        if context.thread.kind == "comparison":
            text = self._bare_axis.sub(lambda m: mark("AXIS", self._axis(m[0])), text)
        elif found := self._end_axis.search(text):
            text = text[: found.start("axis")] + mark("AXIS", self._axis(found["axis"]))
        for pattern, kind, n in self._refs:
            replace = partial(self._ref, kind=kind, n=n, mark=mark, context=context)
            text = pattern.sub(replace, text)
        for pattern in self._tops:
            text = pattern.sub(lambda m: self._top(m, mark), text)
        text = self._owned.sub(lambda m: self._run_of(m, values, mark), text)
        for pattern in self._owners:
            text = pattern.sub(lambda m: self._owner(m, values, mark), text)
        text = self._possessive.sub("", text)
        for pattern in self._places:
            text = pattern.sub(lambda m: self._place(m, values, mark), text)
        text = self._condition.mark(text, values, mark)
        return self._no_name.sub(lambda m: f"{m['word']} {mark('Y', values[m['mark']])}", text)

    def _axis(self, text: str) -> str:
        return next((axis for pattern, axis in self._axis_names if pattern.search(text)), "step")

    def _ref(
        self, found: re.Match[str], kind: str, n: int | None, mark: Mark, context: Context
    ) -> str:
        if kind == "first_n":
            count = int(number(found["n"], self._language) or 0)
            firsts = [mark("REF", Ref(ref="ordinal", n=place + 1)) for place in range(count)]
            return " and ".join(firsts)
        if kind == "listed" and context.thread.kind != "list":
            return found[0]
        if kind in {"ordinal", "listed"} and n is None:
            kind = "ordinal"
            said = found["n"] or found["n2"]
            place = self._language.ordinals.get(said) or number(
                said.rstrip("stndrh"), self._language
            )
            if not place or place != int(place):
                return found[0]
            n = int(place)
        elif kind == "last_shown":
            kind, n = ("ordinal", -1) if context.thread.kind == "list" else ("latest", None)
        elif kind == "the_run":
            kind = "thread"
        elif kind == "they":
            if len(context.thread.paths) < 2:
                return found[0]
            kind = "these"
        return mark("REF", Ref.model_validate({"ref": kind, "n": n}))

    def _top(self, found: re.Match[str], mark: Mark) -> str:
        count = number(found["n"], self._language)
        if count is None or not 0 < count <= 1000 or count != int(count):
            return found[0]
        return f"{found['before'] or ''}{mark('TOP', int(count))}"

    def _owner(self, found: re.Match[str], values: Values, mark: Mark) -> str:
        before = found.groupdict().get("before") or ""
        return f"{before}{mark('OWNER', values[found['mark']])}"

    @staticmethod
    def _run_of(found: re.Match[str], values: Values, mark: Mark) -> str:
        """A person's run is their latest: "Anna's run", "Anna's last run"."""
        ref = found["ref"]
        if ref and not (isinstance(value := values[ref], Ref) and value.ref == "latest"):
            return found[0]
        owner = mark("OWNER", values[found["owner"]])
        return f"{ref or mark('REF', Ref(ref='latest'))} IN{owner}"

    def _place(self, found: re.Match[str], values: Values, mark: Mark) -> str:
        name = found["mark"]
        if name.startswith(("PROJ", "ENT")):
            return found["keep"] + name if found.groupdict().get("keep") else f"IN{name}"
        value = values[name]
        if not isinstance(value, str):
            return found[0]
        kept = found.groupdict().get("keep") or "IN"
        return kept + mark("PROJ", (None, value))


def _bounded(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{pattern})(?!\S)")


class Conditions:
    """Finds the condition of an alert: a threshold, a ratio, a z-score, or not a number."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._reaching = re.compile(rf"(?<!\S)(?:{language.patterns['reaching']})$")
        self._beating = re.compile(rf"(?<!\S)(?:{language.patterns['beating']})$")
        lower_better = language.patterns["lower_better"]
        self._lower_better = re.compile(rf"(?<![a-z])(?:{lower_better})(?![a-z])")
        words = sorted(language.operators, key=len, reverse=True)
        says = "|".join(map(re.escape, words))
        metric = r"(?P<metric>(?:MET|NAME|X)\d+)"
        about = (
            r"(?P<about>(?: (?:of|for|on|from|in) (?:(?:RUN|REF|NAME|X|INPROJ|PROJ)\d+|this run))"
            r"| INPROJ\d+)?"
        )
        fill = rf"(?: (?:{language.patterns['rule_fill']}))*"
        sign = rf"(?P<op><=|>=|==|<|>|(?:(?:{language.patterns['rule_fill']}) )*(?:{says}))"
        steps = rf"(?: (?:{language.patterns['for_steps']}))?"
        parts = language.patterns
        self._patterns = (
            (
                _bounded(rf"{metric}{about}{fill}(?: {sign})? {_NUM} ?(?:{parts['sigma']}){steps}"),
                "zscore",
            ),
            (
                _bounded(rf"(?:{parts['zscore_of']}) {metric}{about}{fill} {sign} {_NUM}{steps}"),
                "zscore",
            ),
            (
                _bounded(
                    rf"{metric}{about}{fill}(?: an?)? (?:{parts['zscore']}){fill}"
                    rf"(?: {sign})? {_NUM}{steps}"
                ),
                "zscore",
            ),
            (
                _bounded(
                    rf"{metric}{about} (?:{parts['rises']}) (?P<value>\d+(?:[.,]\d+)?)"
                    rf" ?(?:{parts['times']}){steps}"
                ),
                "ratio",
            ),
            (
                _bounded(
                    rf"{metric}{about}{fill}(?: {sign})? "
                    rf"(?P<value>\d+(?:[.,]\d+)?|{parts['factor_words']})"
                    rf" ?(?:{parts['times']})(?: (?:{parts['usual']}))+{steps}"
                ),
                "ratio",
            ),
            (
                _bounded(
                    rf"{metric}{about}{fill}(?: {sign})? (?P<value>{parts['twofold']})"
                    rf"(?: (?:{parts['usual']}))+{steps}"
                ),
                "ratio",
            ),
            (_bounded(rf"{metric}{about}{fill} (?P<value>{parts['multiplies']}){steps}"), "ratio"),
            (_bounded(rf"{metric}{about}{fill} (?:{parts['nan']}){steps}"), "nan"),
            (_bounded(rf"(?:{parts['nan_of']}) {metric}{about}"), "nan"),
            (_bounded(rf"{metric}{about}{fill} {sign} {_NUM}{steps}"), "threshold"),
            (_bounded(rf"{sign} {_NUM} (?:(?:in|of|on) )?(?P<metric>MET\d+)"), "threshold"),
        )

    def mark(self, text: str, values: Values, mark: Mark) -> str:
        """Replaces conditions by marks; the run that one is about stays beside it."""
        if "MET" not in text and not re.search(r"[<>=]|(?:NAME|X)\d", text):
            return text
        for pattern, kind in self._patterns:
            text = pattern.sub(partial(self._rule, kind=kind, values=values, mark=mark), text)
        return text

    def _rule(self, found: re.Match[str], kind: str, values: Values, mark: Mark) -> str:
        groups = found.groupdict()
        name = groups["metric"]
        sign = self._operator(groups.get("op"), str(values[name]))
        if not name.startswith("MET") and groups.get("op") not in _SIGNS:
            return found[0]
        metric = str(values[name])
        steps = int(groups["steps"]) if groups.get("steps") else None
        match kind:
            case "threshold":
                rule = Rule.model_validate(
                    {
                        "metric": metric,
                        "op": sign,
                        "value": value_of(groups["value"]),
                        "steps": steps,
                    }
                )
            case "nan":
                rule = Rule(metric=metric, kind="nan", steps=steps)
            case _:
                rule = Rule.model_validate(
                    {
                        "metric": metric,
                        "kind": kind,
                        "factor": self._factor(groups["value"]),
                        "steps": steps,
                    }
                )
        about = (groups.get("about") or "").strip()
        about = re.sub(r"^(?:\S+ )(?=\S+$)", "", about)
        made = mark("RULE", rule)
        if about.startswith(("INPROJ", "PROJ")):
            return f"{made} IN{about.removeprefix('IN')}"
        return f"{about} {made}" if about else made

    def _operator(self, said: str | None, metric: str) -> str | None:
        """The sign of a comparing phrase; what "reaches" or "beats" a value follows the metric."""
        if said is None:
            return None
        if self._lower_better.search(metric):
            if self._reaching.search(said):
                return "<="
            if self._beating.search(said):
                return "<"
        if said in _SIGNS:
            return said
        table = self._language.operators
        words = said.split()
        for start in range(len(words)):
            if (sign := table.get(" ".join(words[start:]))) is not None:
                return sign
        return None

    def _factor(self, said: str) -> float:
        table = cast("dict[str, float]", self._language.factors)
        return table[said] if said in table else value_of(said.rstrip("x×"))
