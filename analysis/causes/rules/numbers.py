"""Numbers that are not finite."""

from typing import Final

from analysis.causes.rules.base import Rule, regex, words

RULES: Final = (
    Rule(
        id="nan_device_assert",
        cause="nan",
        needles=words("probability tensor"),
        pattern=regex(r"assertion `?probability tensor contains either"),
        where="line",
        source="PyTorch: torch.multinomial on a GPU",
        sure=0.9,
    ),
    Rule(
        id="nan_exception",
        cause="nan",
        pattern=regex(
            r"the parameter \w+ has invalid values|"
            r"satisfy the constraint [^\n]{0,40}\breal(?:vector)?\(\)[^\n]{0,40}"
            r"found invalid values|"
            r"returned nan values in its|probability tensor contains either|"
            r"(?:found invalid values|invalid values).{0,10}\s*tensor\(\[*\s*(?:nan|"
            r".{0,400}\bnan\b)|\b(?:loss|grad\w*(?: norm)?|norm|output|logits?|weights?|"
            r"parameters?|activations?|rewards?|reward|kl|value)s?\b.{0,40}\b(?:is|are|was|"
            r"were|became|went|got|turned|=|:|contains?|has|have|of)\b.{0,20}\b(?:nan|"
            r"inf(?:inite)?|infinity|non-?finite|not finite)|\b(?:nan|inf(?:inity)?|"
            r"non-?finite)(?:s|\b).{0,12}(?:or inf\w* )?.{0,10}\b(?:loss|grad\w*|found|"
            r"detected|encountered|value|output|weights?|in (?:the )?(?:loss|grad|output|"
            r"model|input|tensor))|(?:input|array|x|y|data\w*) (?:\w+ )?"
            r"contain(?:s|ed)? (?:nan|non-?finite|"
            r"infinity|inf)|minimum loss scale reached|current loss scale already "
            r"at minimum|cannot decrease scale anymore|loss scale.{0,30}(?:too small|"
            r"minimum)|^(?:[\w.]*\.)?floatingpointerror|loss (?:is )?(?:exploded|diverged)|"
            r"gradient overflow.{0,60}abort|monitored metric .{0,60}is not finite|"
            r"(?:\w*nan\w*(?:loss|grad)\w*|nonfinite\w*|\w*notfinite\w*)(?:error|"
            r"exception)?:|has (?:nan|inf)\b|input contains non-finite|"
            r"must (?:only )?contain finite|must not contain (?:infs? or )?nans?|"
            r"became? (?:infinite|inf) or nan|unexpected result nan|found nan in"
        ),
        where="exception",
        source="PyTorch, Lightning, fairseq, DeepSpeed, apex, scikit-learn, TensorFlow",
        sure=0.93,
    ),
    Rule(
        id="nan_stop_line",
        cause="nan",
        needles=words("nan|finite|invalid loss"),
        pattern=regex(
            r"non-?finite .{0,30}loss.{0,20}(?:stop|abort|terminat|exit)|"
            r"terminateonnan|invalid loss, terminating training|\bloss is (?:nan|inf|"
            r"not finite|non-finite)\b.{0,60}(?:stop|abort|terminat|exit)|(?:stopp|abort|"
            r"terminat|exit)\w*.{0,60}\b(?:nan|non-?finite)\b|monitored metric .{0,60}is "
            r"not finite"
        ),
        where="tail",
        source="Keras TerminateOnNaN, DETR, Lightning",
        sure=0.85,
    ),
)
