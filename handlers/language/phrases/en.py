"""English: the phrase table.

The order of the table decides between equal scores. In a pattern `{name}` is a macro, a digit-less
word in capitals never occurs: see the package's docstring for the marks. Articles and filler words
are gone before a pattern is tried, as are phrases of place and time ("in vision", "since Monday").
"""

from handlers.language.intents import Intent
from handlers.language.phrases import COMMON, Language, Phrase

I = Intent  # noqa: E741 - the table reads as columns

STATES_LIST = (
    "failed",
    "failing",
    "crashed",
    "running",
    "finished",
    "completed",
    "killed",
    "preempted",
    "pending",
    "queued",
    "active",
    "live",
    "stalled",
    "ongoing",
    "canceled",
    "cancelled",
    "successful",
    "dead",
    "broken",
    "aborted",
)

MACROS = {
    **COMMON,
    "state": "|".join(STATES_LIST),
    "noun": r"runs?|trainings?|experiments?|jobs?|models?|trials?",
    "one": r"run|training|experiment|job|model",
    "run": r"(?:(?:my|our|this|that) )?(?:{one} )?{name}(?: {one})?(?: of (?:mine|ours))?",
    "join": r"(?: ,)? (?:and|with|to|vs|versus|against|or|than|from)|,| ,|",
    "runs": r"{run}(?:{join} (?:and |also )?{run})*",
    "two": r"{run}(?:{join} (?:and )?{run})+",
    "curve": r"curves?|plots?|charts?|graphs?|history|trend|values?|numbers?|trajectory|progress"
    r"|schedule|over time",
    "metric": r"(?:(?:its|my|their|current|latest|last|final|best|lowest|highest|average|exact|full"
    r"|minimum|maximum|min|max|mean) )*"
    r"{met}(?: {curve})*",
    "metrics": r"{metric}(?:(?: ,| and| or| with| vs| plus| , and)* {metric})*",
    "of": r"of|for|on|in|from|at",
    "fin": r"finish(?:ed|es|ing)?|complet(?:e|ed|es|ing)|done|end(?:ed|s|ing)?|over|through|ready"
    r"|wrapped up|concluded|terminated?|completion",
    "fail": r"fail(?:ed|s|ing|ure)?|crash(?:ed|es|ing)?|die[ds]?|dead|dying|break|broke|broken|breaks"
    r"|bl[oe]w(?:n|s)? up|explod(?:e|ed|es)|stop(?:ped|s)?|killed|error(?:ed|s)?(?: out)?|oom(?:ed|s)?"
    r"|go(?:ne|es)? down|went down|go(?:ne|es)? wrong|went wrong|abort(?:ed|s)?|fell over|fall over"
    r"|diverged?|nan|exit(?:ed)?|bomb(?:ed)?|tank(?:ed)?",
    "show": r"show(?: (?:me|us))?|give (?:me|us)|get(?: me)?|display|print|plot(?: (?:me|us))?|draw"
    r"(?: me)?|graph|chart|see|view|visuali[sz]e|have|send(?: me)?|post|share|pull up|fetch"
    r"|look at|check|render|open|what (?:is|are|was|were)|where is|read|bring up|need|want",
    "plot": r"plot(?: (?:me|us))?|draw(?: me)?|graph|chart|visuali[sz]e|render",
    "list": r"show(?: (?:me|us))?|list|give (?:me|us)|get(?: me)?|display|see|view|what (?:is|are"
    r"|were)|which are|fetch|find|check|have|print|look at",
    "doing": r"doing|going|looking|performing|coming along|coming on|behaving|getting on|getting along"
    r"|progressing|holding up|running|do|go|perform|look|faring|shaping up|turn out|turning out",
    "trouble": r"blockers?|hiccups?|failures?|crash(?:es)?|errors?|problems?|issues?|troubles?|fires?|bad news|warnings?"
    r"|alarms?|incidents?|anomal(?:y|ies)|red flags?|casualties|{state} {noun}|{state}",
    "health": r"ok|okay|healthy|fine|good|alright|all right|sane|learning|converg(?:ing|ed)|improving"
    r"|diverg(?:ing|ed)|overfit(?:ting)?|unstable|stable|stuck|stalled|stalling|exploding|slow|weird"
    r"|working|well|nan|bad|broken|on track|hanging|hung|plateau(?:ed|ing)|sick|worse|better"
    r"|underfitting|vanishing|spiking|degrading|getting (?:better|worse)|collapsing|normal|in trouble",
    "better": r"better|best|worse|worst|winning|ahead|faster|slower|stronger|superior|leading|winner"
    r"|more stable|more accurate|preferable|good",
    "watch": r"watch(?:ing)?|monitor(?:ing)?|follow(?:ing)?|track(?:ing)?|observ(?:e|ing)"
    r"|keep(?:ing)? eyes? on|subscrib(?:e|ing)(?: to)?|babysit(?:ting)?|keep(?:ing)? track of"
    r"|keep(?:ing)? tabs on|look(?:ing)? after|keep(?:ing)? watch on|keep(?:ing)? watch over"
    r"|watch(?:ing)? over",
    "object": r"{runs}|(?:all )?(?:{proj}|{ent})(?: and {proj})*(?: {noun})?|(?:all|every)"
    r"(?: (?:of )?(?:my|our))?(?: {noun})?|(?:my|our|these|those) (?:{noun})|everything|{owner}"
    r"|(?:project|entity|team) {place}",
    "tell": r"tell (?:me|us)|let (?:me|us) know|ping (?:me|us)?|notify (?:me|us)?|remind (?:me|us)"
    r"|alert (?:me|us)?|message (?:me|us)|dm (?:me|us)?|shout|holler|call me|wake (?:me|us)(?: up)?"
    r"|give (?:me|us) (?:shout|ping|heads up|nudge|message|notification)|warn (?:me|us)?|poke me"
    r"|inform (?:me|us)|send me (?:message|dm|note|notification|reminder)|text me|buzz me|nudge me"
    r"|set (?:up )?reminder|reminder|update me|report back|ping|alert|notify|warn|dm|write me"
    r"|get back to me|yell|scream|say something|raise (?:alarm|flag)",
    "when": r"when(?:ever)?|once|if|as soon as|after|the moment|moment|in case|every time|should|for"
    r"|about when|about if",
    "stopword": r"stop|quit|cease|end|finish",
    "alerts": r"alerts?|notifications?|messages?|updates?|pings?|warnings?|everything|all|noise"
    r"|reminders?|alarms?|posts?",
    "about": r"about|for|on|from|of",
    "cause": r"reason|cause|root cause|explanation|error|error message|exception|traceback"
    r"|stack ?trace|stacktrace|culprit",
    "update": r"summary|report|description|overview|rundown|details?|info|information|update|stats"
    r"|health report|health|health check|report card|status report|diagnosis|analysis|picture|look"
    r"|statistics|quick look|status update",
    "daily": r"briefings?|digests?|morning report|reports?|summary|summaries|recap|stand ?up|overview"
    r"|morning briefing|news|morning look|update|rundown|daily report|morning summary",
    "describe": r"describe|summari[sz]e|analy[sz]e|inspect|diagnose|examine|evaluate|review|assess"
    r"|report|details?|info|information|summary|overview|health|health check|check health|explain"
    r"|vet|audit|health of|stats|diagnostics",
    "glance": r"check|check on|check in on|check up on|check out|look at|have look at|take look at"
    r"|look into|look up|show|show me|show us|open|view|see|find|pull up|bring up|take peek at"
    r"|have peek at|go over|go through|get me|give me|peek at|have quick look at|take quick look at"
    r"|run health check on|look over|load",
    "fine": r"everything|all|training|it all|things?|stuff|our training|our stuff|the lot",
}

PHRASES = (
    # ── undo, thanks and the like: only when nothing else is said ──
    Phrase(
        I.UNDO,
        r"(?:undo|revert|roll back|take back|reverse)(?: (?:that|it|this|last one|last"
        r"(?: (?:action|change|command|thing))?|your last (?:action|change)|REF\d+|what you (?:just "
        r")?did|my last (?:action|change|command)))?",
        0.97,
        whole=True,
    ),
    Phrase(I.UNDO, r"take (?:REF\d+|that|it) back", 0.95, whole=True),
    # ── alert rules ──
    Phrase(I.ALERT_RULE, r"{tell}(?: {when})?(?: {run})?(?: gets?| has| shows?)? {rule}", 0.96),
    Phrase(
        I.ALERT_RULE,
        r"(?:{when}) (?:{run} (?:gets? |has )?)?{rule} ,?(?: then)?(?: please)? ?{tell}",
        0.95,
    ),
    Phrase(
        I.ALERT_RULE,
        r"(?:set(?: up)?|add|create|make|configure|define|put|new|i want)(?: me| up)? "
        r"(?:new )?(?:alert|alarm|warning|rule|alert rule|notification|trigger)(?: rule)?(?: {when}| on"
        r"| that| to fire when| to tell (?:me|us) when)? (?:{run} )?{rule}",
        0.95,
    ),
    # ── reminders ──
    Phrase(
        I.DID_FINISH,
        r"(?:tell (?:me|us)|let (?:me|us) know|say)(?: (?:please|now))? (?:if|whether) {run} (?:(?:is|was|has|have|did"
        r"|are|already|ever|been|still|not|all|has been|even) )*(?:finished|done|completed|ended|over|crashed|failed"
        r"|died|running|alive|training|going|stopped|finish|complete|ready|through|dead|active)(?: (?:or|not|ok|fine|successfully|still|running|crashed|failed|training|it|{name}|is|did|yet))*",
        0.97,
    ),
    Phrase(
        I.REMIND,
        r"{tell} (?:about {run} )?{when} {run} (?:(?:is|are|has|have|gets?|was|will be|will have|will|be|would be|been)"
        r" )*(?:(?:successfully|fully|finally|completely|all) )*(?:{fin}|{fail}|{state}|not running"
        r"|starts?|started)(?: (?:{fin}|or|and|{fail}|{state}|training|running))*",
        0.95,
    ),
    Phrase(
        I.REMIND,
        r"{when} {run} (?:(?:is|are|has|have|gets) )*(?:{fin}|{fail}|{state})(?: training"
        r"| running)? ,?(?: then)?(?: please)? ?{tell}",
        0.94,
    ),
    Phrase(
        I.REMIND,
        r"(?:remind (?:me|us)|set (?:up )?reminder|reminder|ping me|nudge me|poke me"
        r"|wake me(?: up)?)(?: (?:to|about|for|of|on))?"
        r"(?: (?:check|look at|looking at|checking|checking on|check on|check up on|have look at|look into|see|on|again|about))*"
        r"(?: {run})?(?: (?:at|in|for|on))? (?:{dur}|{time}|{days})(?: (?:at )?{time})?"
        r"(?: (?:to|about|for|that))?(?: (?:check|look at|looking at|checking|checking on|check on|check up on|look into|have look at"
        r"|about|see|on))*(?: {run})?",
        0.9,
        needs=("runs", "thread"),
    ),
    Phrase(
        I.REMIND,
        r"(?:remind (?:me|us)|set reminder)(?: (?:to|about|for|of|on))?(?: (?:check|look at"
        r"|check on|check up on|look into|have look at|see))? {sure}",
        0.85,
    ),
    Phrase(
        I.REMIND,
        r"(?:remind (?:me|us)|{tell}) {when} (?:{fin}|{fail})",
        0.9,
        whole=True,
        needs=("thread",),
    ),
    Phrase(
        I.LIST_WATCHES,
        r"(?:{list} )?(?:all )?(?:my |our |pending |open |current )*reminders"
        r"(?: do i have| are set| have i set| set)?",
        0.93,
        whole=True,
        command="reminders",
    ),
    Phrase(
        I.LIST_WATCHES,
        r"(?:{list} )?(?:what |which )?(?:all )?(?:my |our |active |current |existing )*"
        r"(?:alerts|alert rules|rules|alarms)(?: (?:are|do (?:we|i) have|have|set|active|there|up|here"
        r"|defined|on))*",
        0.9,
        whole=True,
        command="alerts",
    ),
    # ── briefings ──
    Phrase(
        I.BRIEFING,
        r"(?:(?:send|post|give|schedule|set(?: up)?|do|make|start|get|write|share|deliver"
        r"|prepare|drop|put|want|have|need|brief|bring)(?: (?:me|us|up|in|here|out))* )?(?:my |our )?"
        r"(?:{days} |regular )*(?:morning |evening |team )?{daily}(?: (?:of|about|on|for) (?:{proj}|{ent}"
        r"|all {noun}|my {noun}|our {noun}|{noun}|everything))?"
        r"(?: (?:at|to|on|for|from|by|every|each|starting|in|,|be|come))* (?:{time}|{days}|{zone})"
        r"(?: (?:at|on|in|,|and|{time}|{days}|{zone}|time|every|each|except|to))*",
        0.93,
    ),
    Phrase(
        I.BRIEFING,
        r"(?:{days}|{time})(?: (?:at|{time}|{days}|{zone}|,))* (?:(?:send|post|give|share)"
        r"(?: (?:me|us|out|here))* )?{daily}(?: (?:of|about|on|for) (?:{proj}|{noun}|everything))?"
        r"(?: (?:at|in|on|{time}|{days}|{zone}))*",
        0.9,
        whole=True,
    ),
    Phrase(
        I.BRIEFING,
        r"(?:brief|update) (?:me|us)(?: (?:at|on|every|each|in|,|about {proj}))*"
        r" (?:{time}|{days})(?: (?:at|on|in|,|{time}|{days}|{zone}))*",
        0.92,
    ),
    Phrase(
        I.BRIEFING,
        r"(?:(?:turn off|switch off|disable|stop|cancel|end)(?: sending(?: me| us)?)? (?:my "
        r"|our )?(?:{days} )?(?:morning )?(?:briefings?|digests?|morning report)|briefings? off|turn "
        r"(?:my |our )?briefings? off)",
        0.94,
        whole=True,
    ),
    Phrase(
        I.BRIEFING,
        r"(?:schedule|set up|start|enable|turn on|configure|move|change|reschedule) "
        r"(?:my |our )?(?:{days} )?(?:morning )?(?:briefings?|digest|morning report)"
        r"(?: (?:to|at|{time}|{days}|{zone}))*",
        0.9,
    ),
    # ── mute, snooze ──
    Phrase(
        I.UNMUTE,
        r"(?:unmute|unsilence|stop muting|stop silencing)(?: {alerts})?(?: {about})?"
        r"(?: {object})?",
        0.96,
    ),
    Phrase(
        I.UNSNOOZE,
        r"(?:unsnooze|stop snoozing|end snooze(?: (?:of|for|on))?|cancel snooze(?: (?:of|for"
        r"|on))?|wake up|unpause)(?: {alerts})?(?: {about})?(?: {object})?",
        0.95,
    ),
    Phrase(
        I.UNSNOOZE,
        r"(?:resume|restart|turn on|reenable|re-enable) (?:{alerts})(?: again)?"
        r"(?: {about} {object})?",
        0.9,
    ),
    Phrase(I.UNSNOOZE, r"wake {sure} up", 0.9),
    Phrase(
        I.SNOOZE,
        r"(?:snooze|pause|hold|silence|mute|hush|quiet|suspend|shush)(?: (?:all )?{alerts})?"
        r"(?: {about})?(?: {object})?(?: (?:for|until|till|til|to|on|at|next|another))*"
        r" (?:{dur}|{time}|{days})(?: (?:at )?(?:{time}|{days}))?(?: (?:{about} )?{object})?",
        0.95,
    ),
    Phrase(I.SNOOZE, r"(?:snooze)(?: (?:all )?{alerts})?(?: {about})?(?: {object})?", 0.9),
    Phrase(
        I.SNOOZE,
        r"(?:be|keep|stay|go) (?:quiet|silent)(?: {about} {object})?(?: (?:for|until|till))?"
        r" (?:{dur}|{time}|{days})",
        0.92,
    ),
    Phrase(
        I.SNOOZE,
        r"(?:shut up|no {alerts}|leave (?:me|us) alone|quiet|silence|hush)(?: {about} "
        r"{object})? (?:for|until|till) (?:{dur}|{time}|{days})",
        0.9,
        whole=True,
    ),
    Phrase(I.MUTE, r"(?:mute|silence|hush|shush)(?: (?:all )?{alerts} {about})? {object}", 0.96),
    Phrase(I.MUTE, r"(?:mute|silence)", 0.85, whole=True),
    Phrase(
        I.MUTE,
        r"(?:{stopword}|turn off|disable|switch off|kill)(?: (?:sending|posting|giving|showing))?"
        r"(?: (?:me|us))?(?: (?:all|any|the))?(?: more)? (?:alerts?|notifications?|messages?|pings?"
        r"|warnings?) {about} {object}",
        0.93,
    ),
    Phrase(
        I.MUTE,
        r"{stopword} (?:alerting|notifying|pinging|bothering|spamming|messaging|telling|warning"
        r"|bugging)(?: (?:me|us))?(?: {about} {object})?",
        0.9,
    ),
    # ── watching ──
    Phrase(
        I.STOP_WATCH,
        r"(?:you (?:can|may|could) )?(?:{stopword}|no longer|do no longer|cancel"
        r"|discontinue)(?: to)? (?:{watch})(?: {object})?",
        0.96,
    ),
    Phrase(
        I.STOP_WATCH,
        r"(?:unwatch|unfollow|untrack|unsubscribe(?: (?:me|us))?(?: from)?|unmonitor)"
        r"(?: {object}| {place})?",
        0.96,
    ),
    Phrase(
        I.STOP_WATCH,
        r"(?:remove|delete|drop|cancel|end)(?: (?:my|our))? (?:watch|subscription|alert)"
        r"(?: (?:on|of|for|to))? {object}",
        0.92,
    ),
    Phrase(
        I.LIST_WATCHES,
        r"(?:{list} )?(?:all )?(?:of )?(?:my |our |active |current )*(?:watches"
        r"|subscriptions|watched (?:runs|projects)|watch ?list)(?: (?:do (?:we|i|you) have|are (?:there"
        r"|active|set)|here))*",
        0.95,
        whole=True,
    ),
    Phrase(
        I.LIST_WATCHES,
        r"(?:{show} )?(?:everything|all|what|which(?: (?:{noun}|projects?|ones?))?"
        r"|who|anything|list (?:of )?(?:what|everything))(?: that)?(?: else)? (?:are you|do you|you are"
        r"|you|are we|do we|we are|is|are|am i|do i|i am)(?: (?:all|being|still|also|even))* "
        r"(?:{watch}|watched|monitored|followed|tracked|subscribed(?: to)?)",
        0.95,
    ),
    Phrase(
        I.LIST_WATCHES,
        r"(?:are you|do you)(?: still)? (?:{watch})(?: {object}| anything| something)",
        0.9,
        whole=True,
    ),
    Phrase(
        I.LIST_WATCHES,
        r"(?:is|are) {object}(?: still)?(?: being)? (?:watched|monitored|tracked"
        r"|followed)",
        0.9,
        whole=True,
    ),
    Phrase(I.WATCH_NOW, r"(?:watch|look at|show|check)(?: {object})? (?:once|one time)", 0.93),
    Phrase(
        I.START_WATCH,
        r"(?:(?:start|begin|keep|continue|resume|go)(?: on)?(?: to)? )?(?:{watch}) {object}"
        r"(?: (?:closely|carefully|from now on|too|as well|from here|going forward|overnight))*",
        0.95,
    ),
    Phrase(
        I.START_WATCH,
        r"(?:(?:start|begin) )(?:watching|monitoring|following|tracking)",
        0.88,
        whole=True,
    ),
    Phrase(
        I.START_WATCH,
        r"(?:watch|keep eye|keep watch|add watch|set up watch)(?: on| for)?",
        0.88,
        whole=True,
        needs=("projects",),
    ),
    Phrase(
        I.START_WATCH,
        r"(?:add|put|set up) (?:{object}) (?:to|on|onto) (?:your |the |our |my )?(?:watch "
        r"?list|watches|watch|radar)",
        0.92,
    ),
    Phrase(I.START_WATCH, r"(?:add|set up|create) watch (?:on|for) {object}", 0.93),
    Phrase(
        I.START_WATCH,
        r"{tell} {when} (?:any|some|anything|something|run|runs|new|ones?|{proj}|{noun})"
        r"(?: (?:{noun}|new|of|one|{proj}|in|is|are|has|have))* (?:{fail}|{fin}|starts?|{state})",
        0.85,
    ),
    # ── compare ──
    Phrase(
        I.COMPARE,
        r"(?:compare|contrast|(?:config )?diff|comparison of|comparison between|comparison|benchmark"
        r"|show comparison of|do comparison of)(?: (?:runs?|experiments?|models?|between|of))?"
        r"(?: (?:{metrics}|results?|performance|configs?|configurations?|settings)(?: (?:of|for|from"
        r"|between|on))?)? {runs}(?: (?:with )?each other| together| side by side)?",
        0.96,
    ),
    Phrase(
        I.COMPARE,
        r"(?:compare|contrast|diff|put)(?: (?:with|to|against|and|by|on|next to))+ {run}",
        0.94,
    ),
    Phrase(I.COMPARE, r"(?:put|show|see|set) {two} side by side", 0.94),
    Phrase(
        I.COMPARE,
        r"(?:compare|contrast|diff|comparison)(?: (?:by|on|using|over))?(?: {axis})?"
        r"(?: {metrics})?",
        0.9,
        whole=True,
        needs=("thread",),
    ),
    Phrase(
        I.COMPARE,
        r"(?:compare|comparison of|comparing)(?: (?:my|our|two|some|the|all|latest|recent|few))*"
        r"(?: {noun}| configs?)",
        0.93,
        whole=True,
    ),
    Phrase(I.COMPARE, r"{run}(?: ,)? (?:vs|versus|against|compared (?:to|with)|or) {runs}", 0.95),
    Phrase(
        I.COMPARE,
        r"(?:which|what|who)(?: (?:one|{one}|of {runs}|is|does|did|do|has|performs?|performed"
        r"|looks?|converges?|trained|trains|converged|wins?|of))* (?:{better}|won|wins|doing better)"
        r"(?: (?:,|:|between|of|out of|one|run|on|in|among|at|doing))*(?: {metrics} ,?)? ?{runs}",
        0.95,
    ),
    Phrase(
        I.COMPARE,
        r"(?:which|what|who)(?: (?:one|{one}|is|does|did|do|has|looks?|performs?|performed))*"
        r" (?:{better}|won|wins|doing better|more stable)(?: (?:one|run|now|then|on|in {metrics}))*",
        0.96,
        whole=True,
        needs=("comparison",),
    ),
    Phrase(
        I.COMPARE,
        r"(?:is|are|was|does|did|do|has|looks?) {run} (?:(?:do|doing|perform|performing|train"
        r"|training|really|any|much|look|looking|converge|converging|clearly|significantly|actually"
        r"|learning|learn|score|scoring|running|run|a) )*(?:{better}|higher|lower|beat|outperform|more"
        r" (?:stable|accurate)|different|beating|outperforming|win against)(?: {metrics})?"
        r"(?: (?:than|from|to|against|on|in {metrics} than))? {run}",
        0.95,
    ),
    Phrase(
        I.COMPARE,
        r"(?:{show} )?(?:(?:me|all|config|configuration|main|biggest|important) )*"
        r"(?:differences?|diff|delta)(?: in {metrics})?(?: is)? (?:between|of|for|in) {runs}",
        0.95,
    ),
    Phrase(
        I.COMPARE,
        r"(?:how|in what way) (?:do|does|did|is|are|would) {run}(?:{join} {run})* (?:compare"
        r"|differ|different|stack up|fare|perform|do|look|hold up|measure up|any different)"
        r"(?: (?:to|with|against|from|than|up|next to|compared to|vs|relative to) {run})",
        0.95,
    ),
    Phrase(
        I.COMPARE,
        r"(?:how|in what way) (?:do|does|did|are) {two} (?:compare|differ|different"
        r"|stack up)",
        0.95,
    ),
    Phrase(
        I.COMPARE,
        r"(?:how (?:do|does|did) )?(?:they|these|those|both) (?:compare|differ)",
        0.9,
        whole=True,
        needs=("comparison",),
    ),
    Phrase(
        I.COMPARE,
        r"what (?:has |have )?(?:changed|differs?|is different|are differences|is better"
        r"|is changed|is new) (?:between|in|from) {two}",
        0.95,
    ),
    Phrase(
        I.COMPARE,
        r"(?:did|does|is|has) {run} (?:beat|beats|beating|outperform|win over|improve on"
        r"|improve over|better than|surpass|overtake|overtaken) {run}",
        0.95,
    ),
    Phrase(I.COMPARE, r"who (?:wins|won|is winning) ,? ?{two}", 0.92),
    Phrase(
        I.COMPARE,
        r"(?:(?:(?:what|how) about|what if(?: (?:you|we))?(?: (?:go|compare|do it|look))?|and|show|see|do|try|redo|switch to|use|go|same)(?: (?:it|that|this"
        r"|same|REF\d+|thing|one|now|view))* ?)?(?:(?:by|on|over|per|in terms of|with|as|using|for|judged by) {metrics}|{axis})(?: instead)?",
        0.9,
        whole=True,
        needs=("comparison",),
    ),
    Phrase(
        I.COMPARE,
        r"(?:what|how) about (?:adding |vs |against )?{runs}",
        0.8,
        whole=True,
        needs=("comparison",),
    ),
    # ── why ──
    Phrase(
        I.WHY,
        r"(?:why|how come|how|for what reason|what made)(?: (?:did|has|does|is|was|were|are|do"
        r"|have|would|the|exactly))* {run}(?: (?:just|not|to|has|have|did|was|is|all|suddenly|keep"
        r"|keeps|get|got|go|been|so))* (?:{fail}|finish early|end early|not finish|{state})",
        0.96,
    ),
    Phrase(
        I.WHY,
        r"(?:why|how come)(?: (?:did|has|does|is|was|are|do))*(?: {metrics}| {run})*"
        r"(?: (?:of|for|in|on) {run})? (?:(?:go|going|gone|become|becoming|turn|turned|went|suddenly|all)"
        r" )*(?:nan|inf)",
        0.9,
    ),
    Phrase(
        I.WHY,
        r"(?:what|who)(?: (?:exactly|just|has|the|on earth|is))* (?:happened|went wrong|broke"
        r"|killed|crashed|wrong|caused|made|stopped|happening wrong|go wrong|brought down|ended"
        r"|is wrong|took down|happened there|was wrong|was problem|is problem|is matter|is issue)"
        r"(?: (?:to|with|in|on|for|failure of|crash of|end of|crash in|error in|death of))? {run}"
        r"(?: (?:to )?(?:crash|fail|die|stop|down|break))?",
        0.95,
    ),
    Phrase(
        I.WHY,
        r"(?:what|who)(?: (?:exactly|just|has|is))* (?:happened|went wrong|broke|wrong|happened "
        r"there|is wrong|caused crash|caused it)",
        0.88,
        whole=True,
        needs=("thread",),
    ),
    Phrase(
        I.WHY,
        r"(?:(?:{show}|find|what is|any|is there|know) )?{cause}(?: (?:did|is|was|why|that|behind|be"
        r"|does))*(?: (?:of|for|in|from|with|on|{fail}|crash(?: of)?))* {run}(?: (?:{fail}|{fin}|with"
        r"|get|got|throw|have|hit|give|gave|stop))*",
        0.94,
    ),
    Phrase(I.WHY, r"(?:{show} )?{cause}", 0.85, whole=True, needs=("thread",)),
    Phrase(
        I.WHY,
        r"(?:explain|debug|troubleshoot|investigate|find out|figure out|understand|look into|know"
        r"|root cause|diagnose|tell (?:me|us) about|post ?mortem(?: of| for| on)?)(?: (?:why|what|me"
        r"|us|how|to))*(?: (?:{fail}|failure|crash|death|reason|end))*(?: (?:of|for|in|on|killed|happened"
        r" to|caused|made))? "
        r"{run}(?: (?:has|just|had|did|was|is|have))* (?:{fail}|{state})",
        0.94,
    ),
    Phrase(
        I.WHY,
        r"(?:explain|debug|troubleshoot|investigate|find out|figure out|understand|look into|know"
        r"|root cause|diagnose|tell (?:me|us) about|what about|post ?mortem)(?: (?:why|what|me|us|how"
        r"|to))*(?: (?:{fail}|failure|crash|death|reason|end|error|happened|caused|killed))+"
        r"(?: (?:of|for|in|on|to|with|crash of))* {run}",
        0.94,
    ),
    Phrase(
        I.WHY, r"(?:debug|troubleshoot|investigate|post ?mortem)(?: (?:of|for|on))? {run}", 0.88
    ),
    Phrase(
        I.WHY,
        r"why(?: (?:though|that|so|not|did|was|is|has))*(?: {run})?",
        0.9,
        whole=True,
        needs=("thread", "runs"),
    ),
    Phrase(
        I.WHY,
        r"{run} (?:(?:has|just|is) )*(?:{fail}|{state}) ,? ?(?:why|how come|what happened"
        r"|what went wrong|reason|cause)",
        0.93,
    ),
    # ── did it finish ──
    Phrase(
        I.DID_FINISH,
        r"(?:if|whether)? ?(?:did|does|has|have|had|do)(?: not)? {run}(?: not)?"
        r"(?: (?:ever|even|actually|finally|successfully|just|all|now|manage to|been|end up))* (?:{fin}"
        r"|stopped?|converged?|{fail}|make it|survive|succeed(?:ed)?|made it|survived)"
        r"(?: (?:ok|fine|successfully|training|running|in end|well|properly|cleanly|or not|"
        r"without errors?|or|is|it|still|running|crash|did|fail|{fail}|{fin}|REF\d+|training))*",
        0.96,
    ),
    Phrase(
        I.DID_FINISH,
        r"(?:if|whether)? ?(?:is|are|was|were)(?: not)? {run}(?: not)?(?: (?:all|still|even"
        r"|finally|fully|actually|ever|also))* (?:{fin}|running|going|training|alive|dead|active|on"
        r"|up|{state}|in progress|progressing|live|stopped|ongoing|finito|there|cooking)"
        r"(?: (?:or|not|is|it|still|running|dead|training|{fin}|{state}|did|has|crash|{fail}|REF\d+))*",
        0.95,
    ),
    Phrase(
        I.DID_FINISH,
        r"(?:if|whether) {run} (?:(?:is|has|was|did|are|have|been|all|already|still|ever"
        r"|got|not|actually) )*(?:{fin}|running|going|training|alive|dead|active|{state}|stopped"
        r"|make it|made it)(?: (?:ok|fine|successfully|or|not|training|running))*",
        0.95,
    ),
    Phrase(
        I.DID_FINISH,
        r"(?:{show} |get )?(?:current |latest |run |job )?(?:status|state|stage|standing)"
        r"(?: (?:check|update|report))?(?: (?:of|for|on|with|,))? {run}",
        0.95,
    ),
    Phrase(
        I.DID_FINISH,
        r"{run}(?: ,)?(?: (?:is|has))? (?:status|state|{fin}|still (?:running|going|alive"
        r"|training)|{state}|running|alive)(?: (?:status|or not|training|running|ok|please|now))*",
        0.93,
        whole=True,
    ),
    Phrase(
        I.DID_FINISH,
        r"(?:what (?:is|are)|how is) (?:status|state)(?: (?:here|there))?",
        0.9,
        whole=True,
        needs=("thread",),
    ),
    Phrase(I.DID_FINISH, r"what (?:state|status|stage) (?:is|are) {run}(?: in| at| now)*", 0.95),
    Phrase(
        I.DID_FINISH,
        r"(?:is it |it |all )?(?:still|finally)? ?(?:going|running|alive|training|{fin}"
        r"|going strong|status)(?: (?:or not|training))*",
        0.9,
        whole=True,
        needs=("thread",),
    ),
    Phrase(I.DID_FINISH, r"(?:finished|done|completed|finish)(?: ,)? {run}", 0.85, whole=True),
    Phrase(
        I.DID_FINISH,
        r"(?:(?:any|is there|are there|do you have|got|have) )?(?:news|updates?|word|news "
        r"updates?)(?: (?:on|about|from|of|for|regarding))+ {run}",
        0.85,
    ),
    Phrase(
        I.DID_FINISH,
        r"(?:are|have|did) {runs} (?:(?:all|both|still|now) )*(?:{fin}|running|going"
        r"|training)",
        0.93,
    ),
    # ── ETA and progress ──
    Phrase(
        I.ETA,
        r"(?:at )?(?:when|what time|by when|how soon|around when)(?: (?:exactly|roughly|about"
        r"|approximately|do you (?:think|expect|reckon)|should|can i expect|you think|would you say))*"
        r" (?:will|is|does|would|should|do|can|are|might|shall)?(?: (?:i|we|you) (?:expect|think|reckon"
        r"|guess))? ?{run}(?: (?:will|is|to|be|going|gonna|expected|supposed|due|likely|finally|"
        r"estimated|should|all|about|scheduled|have|gets?|set|would))* (?:{fin}|stop|converge|due"
        r"|out)(?: (?:training|running|up|at this pace|at this rate))*",
        0.96,
    ),
    Phrase(
        I.ETA,
        r"(?:when|what time|how soon) (?:will|does|is|would)(?: (?:we|i|you) (?:have|get|see|expect"
        r"))? (?:results?|{run})(?: (?:of|from|for))?(?: {run})?(?: (?:ready|be|to|{fin}))*",
        0.88,
        whole=True,
    ),
    Phrase(
        I.ETA,
        r"(?:how|so how) (?:long|much longer|much time|many (?:more )?(?:time|hours|minutes|steps"
        r"|epochs|days)|much|many hours|much more time|much more|far)(?: (?:more|time|longer|is|are|do"
        r"|does|did|has|have|will|would|it|left|remaining|remains?|to|go|until|till|til|before|still|gonna|be"
        r"|run|for|on|of|with|in|the|steps?|epochs?|take|takes|need|needs|there|we|i|got|ago|along|into|"
        r"training|from|going|along is|through))* {run}(?: (?:is|has|have|will|to|be|still|going|got"
        r"|need|needs|run|running|left|take|takes|{fin}|along|more|time|steps?|go|training|remaining"
        r"|finally|in|gonna|for|until|at|come|completion|it|long|longer))*",
        0.95,
    ),
    Phrase(
        I.ETA,
        r"how (?:much longer|long|much (?:more )?time|far|many more (?:steps|hours|epochs)|many"
        r" (?:steps|hours|epochs))(?: (?:left|to go|remaining|now|still|until {fin}|more|till {fin}|is "
        r"left|until it is {fin}|along|along are we|"
        r"to wait|do i (?:need|have) to wait|will it take|longer|in))*",
        0.92,
        whole=True,
        needs=("thread", "runs"),
    ),
    Phrase(
        I.ETA,
        r"(?:{show} )?(?:current |expected |estimated |rough )*(?:eta|etas|progress|time left"
        r"|time remaining|remaining time|finish time|finishing time|end time|completion time|estimated "
        r"(?:time|end)|estimate|percent done|percentage|time to completion|time to go|progress bar"
        r"|remaining|time until {fin}|expected finish)(?: (?:report|update|check))?"
        r"(?: (?:of|for|on|in|with|,|until|to|is|,))*(?: {run})?(?: (?:{fin}|is))*",
        0.94,
        whole=True,
    ),
    Phrase(
        I.ETA,
        r"(?:my |our )?{run}(?: ,)? (?:eta|progress|time left|time remaining|remaining time"
        r"|when (?:will it be )?{fin}|how (?:long|much longer)(?: left)?|left)",
        0.93,
        whole=True,
    ),
    Phrase(
        I.ETA,
        r"(?:what|which|at what|at which|how many) (?:steps?|epochs?|iterations?|percent|percentage"
        r"|point)(?: (?:in|number|progress))?(?: (?:is|has|are|of|did|does|we))* {run}(?: (?:at|on|now|in"
        r"|is|reached|done|{fin}|completed|through|reach|run|up to|get to))*",
        0.93,
    ),
    Phrase(
        I.ETA,
        r"(?:is|are) {run} (?:almost|nearly|close to|half ?way|about to|half|soon|near)"
        r"(?: (?:be|being|to|through|there|{fin}|the end))*",
        0.93,
    ),
    Phrase(
        I.ETA,
        r"(?:will|would|can|could|is) {run} (?:(?:be|going to|gonna|likely|still|make it|ever"
        r"|finally) )*(?:{fin}|make it|ready)(?: (?:by|before|in time|on time|soon|at|tonight|tomorrow|for|until|{time}|{dur}"
        r"|{days}|today|end of day|morning|evening|the))*",
        0.92,
    ),
    Phrase(I.ETA, r"(?:almost|nearly) (?:{fin}|there)", 0.88, whole=True, needs=("thread",)),
    # ── failures by cause ──
    Phrase(
        I.FAILURES,
        r"(?:{list} )?(?:(?:group|cluster|sort|summari[sz]e|break down|count|bucket|analy[sz]e"
        r"|aggregate|categori[sz]e) )?(?:all |our |my |recent )*(?:failures?|errors?|crash(?:es)?|{state} "
        r"{noun}|causes?) (?:(?:grouped|sorted|broken down|are|were|grouped up|group|count|split) )*"
        r"by (?:cause|reason|error|type|kind|fingerprint|root cause)s?",
        0.95,
    ),
    Phrase(
        I.FAILURES,
        r"(?:{list} )?(?:(?:most|top|common|frequent|typical|main|usual|recurring|biggest"
        r"|frequently|our|{top}|of|what|are|is) )*(?:failure (?:causes?|reasons?|modes?|types?)|failure"
        r" (?:summary|report|overview|statistics|stats|breakdown)|causes of failures?|(?:common|frequent"
        r"|typical|usual|recurring|top|main|biggest) (?:errors?|failures?|crash(?:es)?|causes? of (?:"
        r"failures?|death|crashes)|reasons? for (?:failures?|crashes|failing)|reasons?|causes?|problems?))"
        r"(?: (?:for|of|in|on|do|we|have|see|get|are))*",
        0.94,
    ),
    Phrase(
        I.FAILURES,
        r"(?:why|what makes|how come) (?:(?:do|does|are|is|so|many|of|all|our|my|the|did|have"
        r"|these|your|most) )*(?:{noun}|{state} {noun}|things|everything|stuff|jobs) (?:(?:keep|always"
        r"|often|so|all|constantly|keeps|on|have|been|being|just|usually|mostly) )*(?:{fail}|{state})",
        0.93,
    ),
    Phrase(
        I.FAILURES,
        r"what(?: (?:kinds?|sorts?|types?) of)? (?:errors|failures|crashes|causes) (?:(?:do|did"
        r"|have|are|we|our|runs|get|had|see|seen|seeing|getting|been|there|most|often|hit|hitting"
        r"|happen|happening|were|common|i|most common) ?)+",
        0.9,
    ),
    Phrase(
        I.FAILURES,
        r"(?:what|which) (?:is|are) (?:causing|killing|making|breaking) (?:(?:our|my|the|all|so"
        r"|many|most|of) )*(?:{noun}|failures|crashes|things)",
        0.9,
    ),
    Phrase(I.FAILURES, r"(?:failures|failure report|error report|failure list)", 0.88, whole=True),
    # ── best run ──
    Phrase(
        I.BEST_RUN,
        r"(?:{list} |who (?:is|has) |which (?:is|was|are) |find |tell (?:me|us) |rank )?"
        r"(?:my |our |your |current |{owner} )*(?:{top} )?(?:best|top|winning|leading|strongest|highest"
        r" scoring|best performing|top performing|most accurate|champion|winner|better performing"
        r"|fastest|lowest|highest)"
        r"(?: {top})?(?: {metrics})? ?(?:{noun}|checkpoints?|ones?|performers?|seeds?|configs?|results?"
        r"|scores?)(?: (?:so far|ever|overall"
        r"|until now|is|was|we have|i have|yet|to date|right now|by|on|in terms of|with|according to"
        r"|for|regarding|w\.?r\.?t|at|that|{metrics}|sorted|ranked|measured|of|we|had|all|time))*",
        0.95,
    ),
    Phrase(
        I.BEST_RUN,
        r"(?:{list} )?(?:my |our )?{top}(?: best)?(?: {noun}| models| ones)?(?: (?:by|on|for|in"
        r" terms of|with|according to|sorted by|ranked by|of|so far|overall))*(?: {metrics})?",
        0.92,
        whole=True,
    ),
    Phrase(
        I.BEST_RUN,
        r"(?:which|what|whose|who)(?: of)?(?: my| our| the| these)?(?: {noun}| one| model)?"
        r" (?:has|had|have|got|gets|gave|gives|reached|achieved|is|performs?|performed|achieves|scored"
        r"|shows?|with|did|does|produced|was|hit|get|are|reach|have reached|is at|did get|works?|worked)"
        r"(?: (?:current|so far|doing|us|overall|me|our|ever|far|by))*"
        r" (?:best|lowest|highest|smallest|largest|top|minimum|maximum|biggest|greatest|least|most"
        r"|min|max|better|winning|strongest|performing best|leading|in lead|ahead)(?: {metrics})?(?: "
        r"(?:so far|by|on|in terms of|for|at|in|overall|performance|score|scores|of all|results?|of"
        r"|according to|{metrics}|until now|yet|all|ever))*",
        0.95,
    ),
    Phrase(
        I.BEST_RUN,
        r"(?:who|what) (?:is|was) (?:winning|leading|ahead|in lead|in first place|on top)",
        0.9,
        whole=True,
    ),
    Phrase(
        I.BEST_RUN,
        r"(?:{list} )?(?:leader ?board|ranking|rankings|high ?scores?|hall of fame|podium"
        r"|standings)(?: (?:of|for|on|by|{metrics}|{proj}|{noun}))*",
        0.94,
    ),
    Phrase(
        I.BEST_RUN,
        r"(?:rank|sort|order)(?: (?:all|my|our|the|these))* (?:{noun}|them|{owner})"
        r"(?: (?:by|on|for|in terms of|from best to worst))*(?: {metrics})?",
        0.93,
    ),
    Phrase(
        I.BEST_RUN,
        r"(?:{show} )?(?:our |my |overall )?(?:best|lowest|highest|top|minimum|maximum|min|max)"
        r" {met}(?: (?:so far|we have|ever|of all(?: {noun})?|in project|overall|yet|until now|by any run"
        r"|across|all|{noun}|we|have|had|got|get|reached|that))*",
        0.92,
        whole=True,
        needs=("no_thread",),
    ),
    # ── metrics ──
    Phrase(
        I.SHOW_METRIC,
        r"(?:(?:and|also|now) )?(?:{show}|show) (?:(?:current|latest|last|final|exact|how|nice|new|quick|both|curves?|plots?|charts?|graphs?|of|for|values?|evolution) )*"
        r"{metrics}(?: (?:look|looking|like|doing|at|now|currently|today))*(?: (?:{of}|,))* {runs}"
        r"(?: (?:at|now|on|like|sitting|currently|right|together|overlaid|evolved|evolves|changed|changes|develops|developed|looks|is|doing|in one (?:plot|chart|graph)))*",
        0.96,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"(?:{show}|show) {runs}(?: 's)?(?: (?:current|latest|last|final|best))* {metrics}"
        r"(?: (?:at|now|like|look|looking|looks?|please|currently))*",
        0.96,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"(?:{show}|show)(?: (?:all|me|some|your|our|those))* {metrics}(?: (?:look|looks"
        r"|looking|like|doing|at|now|currently|here|there|too|as well|value|right now|instead|of it))*",
        0.92,
        whole=True,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"how (?:is|are|does|do|did|was|has|high|low|big|large|good|bad|much)(?: (?:is|are|"
        r"was))? {metrics}(?: (?:been|{doing}|like|so far|evolve|evolving|change|changing|develop"
        r"|developing|move|moving|behave|lately|trending|of|for|on|in|{run}))*",
        0.93,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"how (?:is|are|does|do|did|was|has) {runs}(?: 's)? {metrics}"
        r"(?: (?:been|{doing}|like|so far|evolving|trending|develop|behave|change))*",
        0.94,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"(?:(?:curves?|plots?|charts?|graphs?|values?|evolution) (?:of|for) )?{metrics}(?: (?:{of}|,))* {runs}",
        0.94,
        whole=True,
    ),
    Phrase(I.SHOW_METRIC, r"{runs}(?: 's| ,)? {metrics}", 0.92, whole=True),
    Phrase(
        I.SHOW_METRIC,
        r"(?:(?:what|how) about |about )?(?:all )?{metrics}(?: (?:look|looking|like|too|as "
        r"well|instead|there|then|for it|of it|though))*",
        0.9,
        whole=True,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"(?:what|which|how much|how many)(?: (?:kind of|sort of|final|current|best|value"
        r"|is|does))* {metrics}(?: (?:of|for|value))?(?: (?:is|are|did|does|has|have|was|do|will))?"
        r" {runs}(?: (?:get|have|at|reach|achieve|end with|end up with|got|achieved|reached|on|using|use"
        r"|end|with|at now|score|hit|end up|currently|make|sitting|have reached|finish with"
        r"|finish at|finish|doing|show|report|log|started with|start with))*",
        0.95,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"(?:is|are|was|does|did|has|do)(?: {runs}(?: 's)?)? {metrics}(?: (?:{of} {run}))?"
        r"(?: (?:still|going|gone|really|getting|starting|now|even|look|looking|already|finally|been"
        r"|keep|to|start|all))* (?:down|up|decreas(?:e|ing)|increas(?:e|ing)|drop(?:ping|ped)?"
        r"|ris(?:e|ing)|fall(?:ing|en)?|{health}|high|higher|low|lower|flat|nan|climb(?:ing)?|go"
        r"|explode|spike|noisy|smooth|too (?:high|low)|change|changing)(?: (?:{of} {run}))?",
        0.88,
    ),
    Phrase(I.SHOW_METRIC, r"{plot} (?P<m>(?:NAME|X)\d+) (?:of|for|from) {runs}", 0.9),
    Phrase(
        I.SHOW_METRIC, r"{plot}(?: {runs})(?: together| side by side| overlaid)?", 0.88, whole=True
    ),
    Phrase(
        I.SHOW_METRIC,
        r"{show} (?:curves?|plots?|charts?|graphs?)(?: (?:of|for|from) {runs})?",
        0.9,
        whole=True,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"(?:curves?|plots?|charts?|graphs?)(?: (?:of|for|from))? {runs}",
        0.9,
        whole=True,
    ),
    Phrase(
        I.SHOW_METRIC,
        r"(?:curves?|plots?|charts?|plot it|plot this)",
        0.85,
        whole=True,
        needs=("thread",),
    ),
    # ── lists of runs ──
    Phrase(
        I.LIST_RUNS,
        r"(?:{list} )?(?:(?:all|every|any|my|our|latest|recent|newest|last|most recent|new|old"
        r"|older|previous|of|the|me|current|currently|{owner}|{state}|{top}|or|and|own|other|active"
        r"|list of|project|today's|yesterday's|recently) )*{noun}(?: (?:that|which|have|has|are|were|been"
        r"|is|was|by|of|from|{owner}|{state}|or|and|just|recently|launched|created|started|kicked off"
        r"|submitted|mine|there|we have|do we have|i have|do i have|in total|to date|with|state|status|"
        r"currently|me|i started|we started|i launched|ran|running|active|going|going on|on cluster|had"
        r"|ended|all|in progress|finally|started by|launched by))*",
        0.9,
        whole=True,
    ),
    Phrase(
        I.LIST_RUNS,
        r"(?:which|what|how many)(?: of)?(?: (?:my|our|the|these|new|other|{owner}|all|those"
        r"|recent))*(?: (?:{noun}|ones?|{owner}|things?))?"
        r"(?: (?:that|have|has|are|were|is|was|did|do|of|{owner}|been|just|else|all|i|we|you|ever|people|"
        r"still|currently|got|jobs|recently|actually|there|runs?|in|any))* (?:{state}|{fail}|{fin}"
        r"|running|ran|active|run|start|started|launch(?:ed)?|going|live|training|train(?:ed)?|going on"
        r"|alive|submit(?:ted)?|kick(?:ed)? off|queued|up|exist|have|cooking|in progress)"
        r"(?: (?:or|and|{state}|{fail}|running|by|so far|me|us|on cluster|there|ok|up|i|right|{owner}))*",
        0.92,
    ),
    Phrase(
        I.LIST_RUNS,
        r"(?:is|are)(?: there)? (?:anything|something|any {noun}|any|{noun}|any of (?:my|our) "
        r"{noun})(?: (?:still|currently|that|is|are))* (?:{state}|running|active|going|training"
        r"|live|in progress)",
        0.94,
    ),
    Phrase(
        I.LIST_RUNS,
        r"(?:anything|something) (?:still )?(?:running|training|active)",
        0.88,
        whole=True,
    ),
    Phrase(
        I.LIST_RUNS,
        r"{list} (?:everything|all|what|which) (?:that )?(?:(?:is|are|was|has|have|just|i|we"
        r"|my team) )*(?:{state}|running|ran|{fail}|{fin}|active|going on|started|launched)",
        0.9,
    ),
    Phrase(I.LIST_RUNS, r"(?:{list} )?(?:all )?{state}(?: ones)?", 0.8, whole=True),
    # ── a look now ──
    Phrase(
        I.WATCH_NOW,
        r"how (?:is|are|was|did|goes)(?: (?:my|our|all|the|all of|your))*"
        r" (?:{fine}|{noun}|experiments|they|{owner}|runs and jobs|we|cluster|project|projects|gpus)"
        r"(?: (?:all|on|in|with|{proj}|{ent}|today|{noun}))*"
        r"(?: (?:{doing}|ok|okay|so far|these days|today))*"
        r"(?: (?:on|with|for|in))*(?: (?:{proj}|{ent}|(?:my|our|the|all)|{noun}))*",
        0.94,
    ),
    Phrase(
        I.WATCH_NOW,
        r"how (?:is|are|does|do) (?:project )?(?:{proj}|{ent})(?: project)?(?: {doing}| {noun}"
        r"| look| today)*",
        0.93,
    ),
    Phrase(
        I.WATCH_NOW,
        r"(?:{show} )?(?:(?:is|are|were|was|have|do|did|has) )?(?:(?:there|you|we|i|been|had"
        r"|see|have|seen|get|got) )*any (?:(?:new|more|recent|other|major|serious|of|my|our|big"
        r"|bad|critical|open|current|interesting|unexpected) )*"
        r"{trouble}(?: (?:to report|to worry about|i should know about|we should know about|at all|there"
        r"|with|on|in|of|among|my|our|{noun}|{proj}|so far|happening|going on|lately|or|{trouble}|here|{owner}))*",
        0.94,
    ),
    Phrase(
        I.WATCH_NOW,
        r"(?:is|are|was|did|has|have)? ?(?:there )?(?:anything|something|everything|any of "
        r"(?:my|our|the|these)? ?(?:{noun}|them)|any {noun}|all(?: (?:good|well|ok|fine|green|quiet))?|all"
        r"(?: (?:my|our))? {noun})(?: (?:is|has|have|been|just|look|looks|looking|going|still|running|go"
        r"|gone|to|did|of|concern|run|we|i|you|went|got|get))*"
        r" (?:{fail}|wrong|{health}|on fire|burning|bad|new|interesting|smoothly|green|worry about|suspicious"
        r"|odd|strange|off|as expected|should know|should worry about|need attention|needs? attention|in "
        r"trouble|unusual|happen(?:ed)?|quiet|well|{state}|critical|urgent|should care about)"
        r"(?: (?:with|in|on|of|about|there|my|our|{noun}|{proj}|today|at all|or|{fail}))*",
        0.93,
    ),
    Phrase(I.WATCH_NOW, r"all (?:good|well|ok|fine|green|quiet)", 0.85, whole=True),
    Phrase(
        I.WATCH_NOW,
        r"(?:check|check on|check up on|check in on|look at|have look at|take look at|look "
        r"over|look after|go over|scan|survey|inspect|monitor now|see how|quick look at|glance at|review"
        r"|health check(?: (?:of|for|on))?|check out|quick check on|quick check of|watch)"
        r"(?: (?:at|all|of|my|our|the|your|current|currently|running|active|ongoing|{state}|every|these))*"
        r" (?:{noun}|training|{proj}|{ent}|{owner}|everything|what is running)(?: (?:are|is|{doing}|{noun}|all"
        r"|once))*",
        0.93,
    ),
    Phrase(
        I.WATCH_NOW,
        r"(?:{show} |do )?(?:(?:me|us|quick|short|brief|full|overall|general|current|morning|"
        r"latest|health|team|project) )*(?:overview|status|state|situation|summary|health|update|status "
        r"report|rundown|report|snapshot|dashboard|board|state of affairs|recap|health check|sitrep"
        r"|status update|status check|big picture|briefing|morning look)(?: (?:of|on|for|about|please|over|,|is|where|how|what|stand|stands|are|we))*(?: (?:all|my|our|the|every|current|currently|running|of|{state}))*(?: (?:{noun}"
        r"|{proj}|{ent}|everything|training|{owner}|project|projects|things|team|today))*",
        0.9,
        whole=True,
    ),
    Phrase(
        I.WATCH_NOW,
        r"(?:what is|what are) (?:going on|happening|up|new|latest|news|status|state|the "
        r"situation|situation|things looking like)(?: (?:with|in|on|of|for|at))*(?: (?:my|our|all|the"
        r"|{noun}|training|{proj}|{ent}|everything|{owner}))+",
        0.92,
    ),
    Phrase(
        I.WATCH_NOW,
        r"(?:what is|what has|what) (?:going on|happening|up|new|news|status|happened|went wrong|broke|latest"
        r"|situation|broken|been happening|been going on)",
        0.93,
        needs=("projects", "entity", "since", "hours"),
        whole=True,
    ),
    Phrase(
        I.WATCH_NOW,
        r"(?:what is|what are) (?:broken|wrong|failing|on fire|stuck|stalled|unhealthy|worst"
        r"|burning)(?: right| now)*",
        0.88,
        whole=True,
    ),
    Phrase(
        I.WATCH_NOW,
        r"(?:{proj}|{ent})(?: (?:status|health|overview|project|state|runs?|look|report|check"
        r"|summary|update|news|failures|errors|problems))+",
        0.88,
        whole=True,
    ),
    Phrase(I.WATCH_NOW, r"(?:what|how) about (?:{proj}|{ent})", 0.8, whole=True),
    Phrase(
        I.WATCH_NOW,
        r"(?:describe|summari[sz]e|show|open) (?:project )?(?:{proj}|{ent})(?: project)?",
        0.85,
        whole=True,
    ),
    Phrase(
        I.WATCH_NOW,
        r"(?:training|trainings|health|updates?|news|experiments|experiment status|any "
        r"(?:news|updates?))(?: (?:status|health|update|report|check|overview|progress|ok|on|in|{proj}|from|about|"
        r"{noun}|my|our|all))*",
        0.86,
        whole=True,
    ),
    # ── describe ──
    Phrase(I.DESCRIBE, r"(?:{describe})(?: (?:on|of|about|for|me|us|run))* {runs}", 0.95),
    Phrase(
        I.DESCRIBE,
        r"(?:{glance}) {runs}(?: (?:out|up|over|for me|health|closely|in detail|page"
        r"|details?|summary|report|again))*",
        0.88,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:(?:give|show|get|send|write|have|see|make|do|need|want|provide|post|fetch)"
        r"(?: (?:me|us))? )?(?:(?:short|quick|brief|full|detailed|complete|some|all|latest|health|more|my"
        r"|good|proper|new|fresh|general) )*{update}(?: (?:of|on|about|for|at|regarding|how|from|with))+ {runs}"
        r"(?: (?:is|are|{doing}))*",
        0.94,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:tell|say)(?: (?:me|us))?(?: (?:more|something|all|everything|lot|bit|little))*"
        r" (?:about|on) {runs}",
        0.94,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:how (?:is|are|was|did|does|were|goes|has)|if|whether) {runs}(?: (?:is|are|was|been"
        r"|been {doing}|even|all))*(?: (?:{doing}|today|so far|overall|like|{health}|healthwise|turned out))+",
        0.95,
    ),
    Phrase(I.DESCRIBE, r"how (?:is|are|was|did|were|goes) {runs}", 0.92, whole=True),
    Phrase(
        I.DESCRIBE,
        r"how {runs} (?:is|are|was|did|has been|have been)(?: (?:{doing}|today|so far|overall))*",
        0.93,
    ),
    Phrase(
        I.DESCRIBE, r"{run} how (?:is|are) (?:it|{doing}|that|going)(?: {doing})?", 0.85, whole=True
    ),
    Phrase(
        I.DESCRIBE,
        r"how (?:is it|are they|goes it|it is|it)(?: {doing})*",
        0.9,
        whole=True,
        needs=("thread",),
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:what|anything) (?:is|are|was) (?:up|new|happening|going on|deal|story"
        r"|situation|latest|health|news|update|it like|shape|condition|verdict)(?: (?:with|on|of|for|in|about))* "
        r"{runs}",
        0.93,
    ),
    Phrase(I.DESCRIBE, r"(?:what|how) about {runs}", 0.85, whole=True),
    Phrase(
        I.DESCRIBE,
        r"(?:what|how) (?:do|would|did) you (?:think|say|make|feel|find)(?: (?:of|about))? {runs}",
        0.93,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:is|was|does|has)(?: there)? (?:anything|everything|something|all)(?: (?:look|looks|looking|going))? (?:wrong|{health}|weird|odd"
        r"|strange|suspicious|off|unusual|notable|interesting|well|in order|smoothly)(?: (?:with|in|on|about|for|going on))+ {runs}",
        0.95,
    ),
    Phrase(I.DESCRIBE, r"what (?:is|was) {run}(?: (?:about|doing|up to))", 0.9),
    Phrase(
        I.DESCRIBE,
        r"(?:is|are|was|were|does|did|do|has|will)(?: not)? {runs}(?: not)?(?: (?:doing|going"
        r"|looking|look|still|really|getting|running|starting to|seem|seem to be|even|actually|any|already"
        r"|too|all|very|just|have|has|show|a|been|training|run|behaving|start|begin|to|so|be|"
        r"generally|learn|go))* (?:{health}|diverge|overfit|learn|plateau|anything|smoothly|any (?:problems?"
        r"|issues?|nans?|spikes?|good)|problems?|issues?|nans?|spikes?|according to plan|converge"
        r"|explode|improve)(?: (?:at all|yet|or|not|anymore|{health}))*",
        0.94,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:(?:is|are) there |do you see |see |did you see |has it |does it have |are there)?"
        r"(?:any|some)? ?(?:problems?|issues?|warnings?|findings?|nans?|spikes?|trouble|anything (?:wrong|weird"
        r"|odd|strange|suspicious|off|bad|interesting|unusual|new)|concerns?|errors?|red flags?|anomalies"
        r"|signs of (?:{health}|divergence))(?: (?:with|in|on|for|about|of|from))+ {runs}",
        0.94,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:why|how come) (?:is|are|does|has|was) {runs}(?: (?:so|still|getting|become|run"
        r"|running|being|that|training|such|look|looking|become so|doing|suddenly|gotten))* (?:slow(?:ly|er)?"
        r"|{health}|badly|poorly|long|weird)",
        0.9,
    ),
    Phrase(
        I.DESCRIBE,
        r"how long (?:did|has|was|have|is) {run}(?: (?:been|run|take|taken|running|training"
        r"|going|last|lasted|to run|for|on))+",
        0.96,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:what|which) (?:config|configuration|settings|hyperparameters|hyper "
        r"parameters|gpu|seed|optimizer|model|architecture)(?: (?:is|did|does|was|has|of|for|do))* "
        r"{runs}(?: (?:use|using|used|have|run|with|on|running|trained))*",
        0.9,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:{show} )?(?:config|configuration|settings|hyperparameters|hparams)(?: (?:of|for|"
        r"from|in))* {runs}",
        0.9,
    ),
    Phrase(
        I.DESCRIBE,
        r"(?:when|who) (?:did|was|has|started|launched|is|were|kicked off|created|owns|ran|"
        r"does|made|runs?)(?: {run})?(?: (?:start|started|launched|created|begin|kicked off|run|belong to|"
        r"running|by|behind))*(?: {run})?",
        0.85,
        whole=True,
        needs=("runs",),
    ),
    Phrase(
        I.DESCRIBE,
        r"{runs}(?: 's| ,)? (?:summary|health|report|description|details?|info|overview|"
        r"update|any (?:problems?|issues?|news)|news|check|health check|{health}|how is it {doing}|how is "
        r"it|anything wrong|config)",
        0.88,
        whole=True,
    ),
    Phrase(I.DESCRIBE, r"{run}", 0.8, whole=True, needs=("named",)),
    Phrase(
        I.DESCRIBE,
        r"(?:{describe}|{glance}|more (?:details?|info)|more|full report|health report)",
        0.85,
        whole=True,
        needs=("thread",),
    ),
    Phrase(I.DESCRIBE, r"(?:describe|summari[sz]e|analy[sz]e|diagnose)(?: run)?", 0.8, whole=True),
    # ── account, default, settings ──
    Phrase(
        I.LINK_ACCOUNT,
        r"(?:un ?link|disconnect)(?: (?:me|my|from|account|wandb|(?P<o>{who})))*",
        0.93,
        whole=True,
        command="unlink",
    ),
    Phrase(
        I.LINK_ACCOUNT,
        r"(?:link|connect|associate|pair|register|map)(?: (?:me|my|our|wandb|w&b|slack"
        r"|account|user|username|user name|profile|up|it|weights and biases|with|to|as|and|login|is))*"
        r" (?:with|to|as|is|account|user|username|wandb|login|me|my|profile) (?P<o>{who})"
        r"(?: (?:on|in|wandb|account|user|there|w&b))*",
        0.95,
    ),
    Phrase(I.LINK_ACCOUNT, r"(?:link|connect) (?:wandb )?(?P<o>{who})", 0.9, whole=True),
    Phrase(
        I.LINK_ACCOUNT,
        r"(?:link|connect|associate|pair)(?: up)?(?: (?:me|my|our|slack|wandb|w&b|weights "
        r"and biases|with|to|and))* (?:accounts?|wandb|user|me|profile|username|w&b|login)",
        0.94,
        whole=True,
    ),
    Phrase(
        I.LINK_ACCOUNT,
        r"(?:i am|my (?:wandb |w&b )?(?:username|user|user name|account|login|handle|id|name"
        r"|wandb|w&b|nick)(?: (?:on|in|at|for))?(?: (?:wandb|w&b|weights and biases|there))?(?: (?:user|"
        r"name))? is|i go by|call me"
        r"|i am called|i am known as) (?:user )?(?P<o>{who})(?: (?:on|in|at|over|there|wandb|w&b|weights "
        r"and biases|account))+",
        0.92,
        whole=True,
    ),
    Phrase(
        I.LINK_ACCOUNT,
        r"(?:on|in|at) (?:wandb|w&b|weights and biases) (?:i am|my (?:name|user|username|"
        r"handle) is|i go by|i am called) (?P<o>{who})",
        0.92,
        whole=True,
    ),
    Phrase(
        I.LINK_ACCOUNT,
        r"my (?:wandb|w&b|weights and biases)(?: (?:username|user|user name|account|login"
        r"|handle|id|name))* is (?:called )?(?P<o>{who})",
        0.93,
        whole=True,
    ),
    Phrase(
        I.USE_DEFAULT,
        r"(?:use|switch to|default to|change to|go with|work with|set default to|work on"
        r"|stick to|stick with|move to|work in)(?: (?:project|entity|default))? {proj}(?: (?:as|by|for"
        r"|default|project|from now on|from now|on|this|channel|our|my|me|us|all|instead|everything|going"
        r" forward|to|be|always|runs?))*",
        0.95,
    ),
    Phrase(
        I.USE_DEFAULT,
        r"(?:use|switch to|default to) (?:project |entity |team )?{ent}(?: (?:as|by|for"
        r"|default|entity|from now on|our|my|instead|team|this|channel|me))*",
        0.9,
    ),
    Phrase(
        I.USE_DEFAULT,
        r"(?:set|change|make|switch|update|put)(?: (?:my|our|the|this|channel|channel's))*"
        r" (?:default|defaults|project|entity|default project|default entity)(?: (?:project|entity|for"
        r"|of|channel|this|my|me|us|here|our))*(?: (?:to|as|=|be|is))* (?:{proj}|{ent}|(?P<p>NAME\d+|X\d+))"
        r"(?: (?:for|from|now|on|this|channel|me|us))*",
        0.95,
    ),
    Phrase(
        I.USE_DEFAULT,
        r"(?:set|make|let|have)(?: project)? (?:{proj}|{ent})(?: (?:be|as|to|our|my|new|this"
        r"|channel's|for|channel|here|is|project))* (?:default|default project|default entity|defaults|"
        r"project)(?: (?:for|from|now|on|this|channel|me|us|project|entity))*",
        0.95,
    ),
    Phrase(
        I.USE_DEFAULT,
        r"use (?P<p>(?:NAME|X)\d+) (?:as|for|by) (?:our |my |new )*default(?: project)?",
        0.9,
    ),
    Phrase(
        I.SETTINGS,
        r"(?:(?:open|show|change|edit|see|adjust|configure|update|view|tweak|access|display|"
        r"check|set|go to|modify|what are|bring up|get|give|manage|where are)(?: (?:me|us|up|to|your|my|our|the|all"
        r"|current))* )?(?:channel |bot |alert |notification |my |our |your |this |channel's |current |"
        r"user )*(?:settings?|preferences|configuration|config|options|prefs|setup|quiet hours|"
        r"thresholds?|filters?|time ?zone)(?: (?:for|of|in|on|this|channel|page|modal|menu|dialog|my|us"
        r"|please|here|panel|to|from|{time}|{zone}|,|and|until|at|are|{met}|alerts?|values?))*",
        0.93,
        whole=True,
    ),
    Phrase(
        I.SETTINGS,
        r"(?:configure|set up|customi[sz]e|personali[sz]e)(?: (?:this|the|my|our|channel|bot"
        r"|you|yourself|alerts|notifications|for|alert|kinds))+",
        0.88,
        whole=True,
    ),
    # ── the bot itself ──
    Phrase(
        I.DOCTOR,
        r"(?:run |do |start |call |perform )?(?:the |your |quick )*(?:doctor|self ?-?(?:check|test"
        r"|diagnosis|diagnostics)|self-test|self-check|diagnostics|health ?check|system check"
        r"|connection (?:check|test))(?: (?:of|on|for|yourself|bot|please|command))*",
        0.93,
        whole=True,
    ),
    Phrase(
        I.DOCTOR,
        r"are you (?:(?:still|even|feeling|doing|there|up|all) )*(?:ok|okay|alive|working|online"
        r"|up|healthy|well|there|running|alright|connected|awake|broken|down|all right|fine"
        r"|functional|listening)(?: (?:to|and|wandb|running|or|not|properly|correctly))*",
        0.9,
        whole=True,
    ),
    Phrase(
        I.DOCTOR,
        r"(?:is|are|check|test|do|does)(?: (?:your|the|our|my|bot's|if))* (?:(?:wandb|w&b|slack|api|weights"
        r" and biases|database|socket|internet|server|db) )*(?:connection|connections|tokens?|api key|keys?"
        r"|access|scopes|config|setup|health|database|bot|link)(?: (?:is|to|are|the|wandb|w&b|slack|and|still|"
        r"set|correctly|all))* ?(?:ok|okay|working|valid|fine|up|alive|good|healthy|broken|down|set up|right|"
        r"work|expired|correct)(?: (?:now|still))*",
        0.9,
        whole=True,
    ),
    Phrase(
        I.DOCTOR,
        r"(?:check|test|diagnose|examine)(?: (?:your|the|bot's))* (?:self|yourself|(?:wandb |w&b |slack "
        r"|api )*(?:connection|connections|tokens?|health|setup|scopes|api key))",
        0.92,
        whole=True,
    ),
    Phrase(
        I.DOCTOR,
        r"(?:is|are) (?:wandb|w&b|weights and biases|slack|bot)(?: api)? (?:up|down|reachable"
        r"|working|ok|alive|online|broken|responding|available|healthy)",
        0.9,
        whole=True,
    ),
    # ── help ──
    Phrase(
        I.HELP,
        r"(?:help|usage|commands|manual|docs|documentation|instructions|tutorial|menu|examples"
        r"|cheat ?sheet|faq|\?)(?: (?:me|us|please|out|page|command|text|with|using|this|bot|list|for|on|about"
        r"|{feature}|here|there|needed|menu))*",
        0.95,
        whole=True,
    ),
    Phrase(
        I.HELP,
        r"(?:{show} )?(?:list of |all |available |your |possible |the |more )*(?:commands|help|"
        r"usage|instructions|manual|docs|documentation|examples|functions|features|capabilities|help page|"
        r"help text|options you have)(?: (?:are|there|available|do you (?:have|know|understand|support)|can"
        r" i (?:use|type|give)|exist|for|with|about|on|me|to|please|here|{feature}|list))*",
        0.92,
        whole=True,
    ),
    Phrase(
        I.HELP,
        r"(?:what|which|how much)(?: (?:else|all|exactly|things?|stuff|kinds? of things|questions?|"
        r"commands?))* (?:can|do|could|are|should) (?:you|this bot|it|bot|i|we)(?: (?:do|able|to|ask|understand|know|help|for|"
        r"capable|of|good|say|answer|type|tell|offer|support|you|with|use|even|me|us|actually|type|here|all))*",
        0.93,
        whole=True,
    ),
    Phrase(
        I.HELP,
        r"(?:who|what) (?:are you|is this(?: bot)?|is wandb bot)(?: (?:for|good for|exactly"
        r"|supposed to do))*",
        0.9,
        whole=True,
    ),
    Phrase(
        I.HELP,
        r"how (?:does|do) (?:REF\d+|this|it|you|bot) (?:work|works|function)(?: exactly)?",
        0.9,
        whole=True,
    ),
    Phrase(
        I.HELP,
        r"how (?:do|does|can|could|should|would|to|might|is)(?: (?:i|we|one|you|it|this|bot|people|"
        r"anyone|someone|people|a person))*(?: (?:even|use|work|used|talk to|get started|start|ask|with|bot|you|"
        r"this|thing|here|it|get|help|operate|setup|set up|interact))*",
        0.85,
        whole=True,
    ),
    Phrase(
        I.HELP,
        r"(?:how|where)(?: (?:do|does|can|could|should|would|to|is|are|exactly))+(?: (?:i|we|one|you|"
        r"people|the|somebody|my team|someone))*(?: (?:turn|switch|get|have|make|tell|let|ask|set|add|"
        r"change|off|on|up|go|about|it|you|bot|to|"
        r"the|see|use|create|remove|find|stop|configure|a|start|my|all|set|disable|enable|"
        r"cancel|receive))* {feature}",
        0.93,
    ),
    Phrase(
        I.HELP,
        r"what(?: (?:does|do|is|are|would|the|difference between|meaning of|purpose of|exactly))+"
        r"(?: (?:command|feature|option|button|a|word|between))* {feature}"
        r"(?: (?:and {feature}|or {feature}|command|feature|button))* ?(?:do|mean|means|for|good for|about|command|feature)+",
        0.93,
    ),
    Phrase(
        I.HELP,
        r"(?:what|which) (?:is|are) (?:difference|command|commands|way|syntax|option|right command)"
        r"(?: (?:between|for|to|of|of doing))+ .*{feature}",
        0.92,
    ),
    Phrase(
        I.HELP,
        r"(?:can|could|may|is it possible (?:for (?:me|us|you) )?to|is there (?:any )?(?:way|command|"
        r"option|possibility|button|feature)(?: (?:to|for|that|of))*|do you support|do you know how to|are "
        r"you able to|does this bot|does bot|do you have|am i able to|(?:can|could) (?:i|we|one|people|anyone))"
        r"(?: (?:i|we|one|people|also|me|us|it|you|bot|make|get|let|have|set|tell|turn|off|on|up|a|only|my|"
        r"some|all|temporarily|"
        r"to))* {feature}",
        0.86,
        needs=("no_run",),
    ),
    Phrase(
        I.HELP,
        r"(?:explain|tell (?:me|us)|show (?:me|us))(?: (?:about|me|us|to))* (?:how (?:to |do i |does |"
        r"you |it )*)(?:use |work |works |set |the |a )*(?:{feature}|you|this|bot|it works|this works)",
        0.92,
        needs=("no_run",),
    ),
    Phrase(
        I.HELP,
        r"(?:i (?:need|could use|want) (?:some )?(?:help|assistance)|i am (?:lost|confused|new"
        r" here)|help me)(?: (?:out|with|you|this|bot|here|using|please|thing))*",
        0.9,
        whole=True,
    ),
    Phrase(I.HELP, r"(?:wandb|w&b|weights and biases|wandb bot)", 0.85, whole=True),
)

CUES = (
    # Loose signs, tried only where no phrase fits and the bot was asked: (intent, pattern, needs)
    (
        I.WHY,
        r"why|causes?|reasons?|errors?|traceback|happened|killed|what broke|went wrong|how come|explain",
        ("about",),
    ),
    (
        I.COMPARE,
        r"compar\w*|better|worse|vs|versus|differen\w*|differs?|beats?|winner|wins?|faster|against|outperform\w*|stack up|side by side",
        ("two",),
    ),
    (
        I.BEST_RUN,
        r"best|top|highest|lowest|winner|leading|strongest|leaderboard|winning",
        ("noun", "TOP", "MET"),
    ),
    (
        I.ETA,
        r"when|eta|how long|how (?:many|much) (?:time|hours|minutes|days|longer)|remain\w*|time left|left|longer|expect\w*|progress|how far|far along",
        ("about",),
    ),
    (I.SHOW_METRIC, r"MET\d+", ("about", "asks")),
    (
        I.DID_FINISH,
        r"finish\w*|done|complet\w*|over|alive|dead|surviv\w*|status|state|still|ended|crash\w*|blow up|blew up|die|died|through|fail\w*|running",
        ("about",),
    ),
    (
        I.DESCRIBE,
        r"how|doing|going|look\w*|summar\w*|results?|track|perform\w*|health\w*|stuck|slow|ok|okay|fine|weird|wrong|problems?|issues?|report|details?|about|think|opinion|behav\w*|learn\w*|converg\w*|improv\w*|overfit\w*|diverg\w*|information|info|where",
        ("about",),
    ),
    (
        I.FAILURES,
        r"(?:why|causes?|reasons?|common|usually|keeps?|always|so many|frequent\w*)\b.*\b(?:fail\w*|crash\w*|errors?|die|dying)",
        ("noun",),
    ),
    (
        I.LIST_RUNS,
        r"(?:list|show|which|what|how many|give|see|are there|any|display|get)\b.*\b(?:runs?|jobs?|experiments?|trainings?|models)\b|did .* run|(?:failed|crashed|running|finished|latest|recent|active|new) (?:runs|jobs|experiments|trainings)",
        ("listing",),
    ),
    (
        I.WATCH_NOW,
        r"problems?|fail\w*|crash\w*|broken|wrong|issues?|blockers?|overview|stand|(?:how|state|status|health|check|look)\b.*\b(?:runs|jobs|experiments|trainings?|things|everything|models)",
        ("domain",),
    ),
)
BUSY = r"(?:mute|unmute|snooze|unsnooze|watch|unwatch|remind|alert|notify|ping|briefing|link|undo|subscribe|unsubscribe|follow|unfollow|monitor|track|silence|settings?|default|quiet|stop|use|set|turn|tell|let|wake|report)\w*"

EXPAND = {
    # contractions and short forms
    "what's": "what is",
    "whats": "what is",
    "wats": "what is",
    "what're": "what are",
    "where's": "where is",
    "who's": "who is",
    "whos": "who is",
    "how's": "how is",
    "hows": "how is",
    "how're": "how are",
    "when's": "when is",
    "whens": "when is",
    "why's": "why is",
    "it's": "it is",
    "that's": "that is",
    "thats": "that is",
    "there's": "there is",
    "theres": "there is",
    "here's": "here is",
    "he's": "he is",
    "she's": "she is",
    "let's": "lets",
    "i'm": "i am",
    "im": "i am",
    "i've": "i have",
    "ive": "i have",
    "i'd": "i would",
    "i'll": "i will",
    "you're": "you are",
    "youre": "you are",
    "you've": "you have",
    "you'd": "you would",
    "you'll": "you will",
    "we're": "we are",
    "we've": "we have",
    "we'd": "we would",
    "we'll": "we will",
    "they're": "they are",
    "they've": "they have",
    "they'd": "they would",
    "they'll": "they will",
    "it'll": "it will",
    "that'll": "that will",
    "itll": "it will",
    "how'd": "how did",
    "why'd": "why did",
    "what'd": "what did",
    "where'd": "where did",
    "who'd": "who would",
    "how'll": "how will",
    "when'll": "when will",
    "it'd": "it would",
    "isn't": "is not",
    "isnt": "is not",
    "aren't": "are not",
    "arent": "are not",
    "wasn't": "was not",
    "wasnt": "was not",
    "weren't": "were not",
    "werent": "were not",
    "don't": "do not",
    "dont": "do not",
    "doesn't": "does not",
    "doesnt": "does not",
    "didn't": "did not",
    "didnt": "did not",
    "hasn't": "has not",
    "hasnt": "has not",
    "haven't": "have not",
    "havent": "have not",
    "hadn't": "had not",
    "can't": "can not",
    "cant": "can not",
    "cannot": "can not",
    "couldn't": "could not",
    "couldnt": "could not",
    "won't": "will not",
    "wont": "will not",
    "wouldn't": "would not",
    "wouldnt": "would not",
    "shouldn't": "should not",
    "shouldnt": "should not",
    "mustn't": "must not",
    "needn't": "need not",
    "ain't": "is not",
    "aint": "is not",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "have to",
    "lemme": "let me",
    "gimme": "give me",
    "dunno": "do not know",
    "outta": "out of",
    "y'all": "everyone",
    "yall": "everyone",
    "u": "you",
    "ur": "your",
    "r": "are",
    "pls": "please",
    "plz": "please",
    "plss": "please",
    "pleas": "please",
    "thx": "thanks",
    "tnx": "thanks",
    "tks": "thanks",
    "thanx": "thanks",
    "ty": "thanks",
    "tysm": "thanks",
    "cuz": "because",
    "coz": "because",
    "b4": "before",
    "w/": "with",
    "w/o": "without",
    "&": "and",
    "+": "and",
    "n": "and",
    "abt": "about",
    "bc": "because",
    "wrt": "in terms of",
    "btwn": "between",
    "fav": "favourite",
    "rn": "now",
    "atm": "now",
    "tmrw": "tomorrow",
    "tmr": "tomorrow",
    "2day": "today",
    "til": "until",
    "till": "until",
    "'til": "until",
    "k": "ok",
    "kk": "ok",
    "okey": "ok",
    "yep": "yes",
    "yeah": "yes",
    "yup": "yes",
    "nope": "no",
    "nah": "no",
    "dis": "this",
    "dat": "that",
    "da": "the",
    "wut": "what",
    "wat": "what",
    "hv": "have",
    "hav": "have",
    "doin": "doing",
    "goin": "going",
    "runnin": "running",
    "lookin": "looking",
    "trainin": "training",
    "watchin": "watching",
    "gd": "good",
    "vs.": "vs",
    "v": "vs",
    "v.s": "vs",
    "msg": "message",
    "msgs": "messages",
    "notif": "notification",
    "notifs": "notifications",
    "exp": "experiment",
    "exps": "experiments",
    "expt": "experiment",
    "expts": "experiments",
    "proj": "project",
    "cfg": "config",
    "stat": "status",
    "sum": "summary",
    "prog": "progress",
    "diffs": "differences",
    "un-mute": "unmute",
    "un-watch": "unwatch",
    "un-snooze": "unsnooze",
    "follow-up": "followup",
    "hiya": "hi",
    "heya": "hey",
    "weights&biases": "wandb",
    "w&b": "wandb",
    "wnb": "wandb",
    "wandbs": "wandb",
    "compute": "compute",
    "nans": "nan",
    "inf": "inf",
    "infs": "inf",
    "everythings": "everything is",
    "everything's": "everything is",
    "anything's": "anything is",
    "what´s": "what is",
    "finsh": "finish",
    "finshed": "finished",
    "crahs": "crash",
    "wth": "what",
    "wtf": "what",
    "ofc": "of course",
    "ping-me": "ping me",
    "half-way": "halfway",
    "z-score": "zscore",
    "z-scores": "zscore",
    "z-value": "zscore",
    "whyd": "why did",
    "howd": "how did",
    "b": "be",
    "whered": "where did",
    "mon-fri": "monday to friday",
    "monday-friday": "monday to friday",
    "wall-clock": "wallclock",
    "hasn´t": "has not",
    "ppl": "people",
    "sec": "sec",
    "yest": "yesterday",
}

METRIC_WORDS = {
    "loss": "loss",
    "losses": "loss",
    "loss function": "loss",
    "train loss": "train/loss",
    "training loss": "train/loss",
    "trainloss": "train/loss",
    "eval loss": "eval/loss",
    "evaluation loss": "eval/loss",
    "val loss": "val/loss",
    "validation loss": "val/loss",
    "valid loss": "val/loss",
    "test loss": "test/loss",
    "gradient norm": "grad_norm",
    "gradient norms": "grad_norm",
    "gradients norm": "grad_norm",
    "grad norm": "grad_norm",
    "grad norms": "grad_norm",
    "gradnorm": "grad_norm",
    "grad-norm": "grad_norm",
    "gradient-norm": "grad_norm",
    "norm of gradients": "grad_norm",
    "norm of gradient": "grad_norm",
    "gradients": "grad_norm",
    "gradient": "grad_norm",
    "grads": "grad_norm",
    "grad": "grad_norm",
    "learning rate": "learning_rate",
    "learning rates": "learning_rate",
    "learning-rate": "learning_rate",
    "lr": "learning_rate",
    "eval accuracy": "eval/accuracy",
    "evaluation accuracy": "eval/accuracy",
    "eval acc": "eval/accuracy",
    "val accuracy": "val/accuracy",
    "val acc": "val/accuracy",
    "validation accuracy": "val/accuracy",
    "validation acc": "val/accuracy",
    "test accuracy": "test/accuracy",
    "test acc": "test/accuracy",
    "train accuracy": "train/accuracy",
    "training accuracy": "train/accuracy",
    "train acc": "train/accuracy",
    "accuracy": "accuracy",
    "accuracies": "accuracy",
    "acc": "accuracy",
    "eval f1": "eval/f1",
    "val f1": "val/f1",
    "f1": "f1",
    "f1 score": "f1",
    "f1-score": "f1",
    "perplexity": "perplexity",
    "ppl": "perplexity",
    "eval perplexity": "eval/perplexity",
    "val perplexity": "val/perplexity",
    "bleu": "bleu",
    "bleu score": "bleu",
    "rouge": "rouge",
    "reward": "reward",
    "rewards": "reward",
    "mean reward": "reward",
    "return": "return",
    "kl": "kl",
    "kl divergence": "kl",
    "throughput": "throughput",
    "tokens per second": "tokens_per_second",
    "tokens/s": "tokens_per_second",
    "tokens/sec": "tokens_per_second",
    "tok/s": "tokens_per_second",
    "samples per second": "samples_per_second",
    "samples/s": "samples_per_second",
    "iterations per second": "iterations_per_second",
    "it/s": "iterations_per_second",
    "steps per second": "steps_per_second",
    "gpu utilization": "gpu_utilization",
    "gpu utilisation": "gpu_utilization",
    "gpu usage": "gpu_utilization",
    "gpu util": "gpu_utilization",
    "gpu load": "gpu_utilization",
    "gpu memory": "gpu_memory",
    "gpu mem": "gpu_memory",
    "memory usage": "memory",
    "vram": "gpu_memory",
    "mfu": "mfu",
    "auc": "auc",
    "auroc": "auc",
    "roc auc": "auc",
    "map": "mAP",
    "iou": "iou",
    "miou": "miou",
    "rmse": "rmse",
    "mae": "mae",
    "mse": "mse",
    "r2": "r2",
    "fid": "fid",
    "psnr": "psnr",
    "ssim": "ssim",
    "wer": "wer",
    "cer": "cer",
    "precision": "precision",
    "recall": "recall",
    "entropy": "entropy",
    "error rate": "error_rate",
    "top-1": "top1",
    "top1": "top1",
    "weight decay": "weight_decay",
    "eval metrics": "eval",
    "eval metric": "eval",
    "dice": "dice",
    "mrr": "mrr",
    "ndcg": "ndcg",
}

STATES = {
    "failed": "failed",
    "failing": "failed",
    "crashed": "crashed",
    "running": "running",
    "finished": "finished",
    "completed": "finished",
    "killed": "killed",
    "preempted": "preempted",
    "pending": "pending",
    "queued": "pending",
    "active": "running",
    "live": "running",
    "stalled": "stalled",
    "ongoing": "running",
    "canceled": "canceled",
    "cancelled": "canceled",
    "successful": "finished",
    "dead": "crashed",
    "broken": "failed",
    "aborted": "killed",
}

NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
    "hundred": 100,
    "a": 1,
    "an": 1,
    "couple of": 2,
    "a couple of": 2,
    "half an": 0.5,
    "half a": 0.5,
}

UNITS = {
    "m": "m",
    "min": "m",
    "mins": "m",
    "minute": "m",
    "minutes": "m",
    "h": "h",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "d": "d",
    "day": "d",
    "days": "d",
    "w": "w",
    "week": "w",
    "weeks": "w",
    "s": "s",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
}

WEEKDAYS = {
    "monday": 0,
    "mon": 0,
    "mondays": 0,
    "tuesday": 1,
    "tue": 1,
    "tues": 1,
    "tuesdays": 1,
    "wednesday": 2,
    "wed": 2,
    "wednesdays": 2,
    "thursday": 3,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "thursdays": 3,
    "friday": 4,
    "fri": 4,
    "fridays": 4,
    "saturday": 5,
    "sat": 5,
    "saturdays": 5,
    "sunday": 6,
    "sun": 6,
    "sundays": 6,
}

ZONES = {
    "utc": "UTC",
    "gmt": "UTC",
    "cet": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "berlin time": "Europe/Berlin",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pacific time": "America/Los_Angeles",
    "pacific": "America/Los_Angeles",
    "est": "America/New_York",
    "edt": "America/New_York",
    "eastern time": "America/New_York",
    "eastern": "America/New_York",
    "bst": "Europe/London",
    "london time": "Europe/London",
    "paris time": "Europe/Paris",
    "new york time": "America/New_York",
    "tokyo time": "Asia/Tokyo",
    "jst": "Asia/Tokyo",
    "ist": "Asia/Kolkata",
    "zurich time": "Europe/Zurich",
}

OPERATORS = {
    "drops below": "<",
    "drop below": "<",
    "dropped below": "<",
    "falls below": "<",
    "fall below": "<",
    "goes below": "<",
    "go below": "<",
    "gets below": "<",
    "get below": "<",
    "is below": "<",
    "below": "<",
    "under": "<",
    "goes under": "<",
    "drops under": "<",
    "falls under": "<",
    "is under": "<",
    "less than": "<",
    "is less than": "<",
    "smaller than": "<",
    "is smaller than": "<",
    "lower than": "<",
    "is lower than": "<",
    "gets under": "<",
    "sinks below": "<",
    "dips below": "<",
    "is lower": "<",
    "becomes less than": "<",
    "gets lower than": "<",
    "becomes lower than": "<",
    "becomes smaller than": "<",
    "beneath": "<",
    "goes above": ">",
    "go above": ">",
    "gets above": ">",
    "is above": ">",
    "above": ">",
    "over": ">",
    "goes over": ">",
    "is over": ">",
    "gets over": ">",
    "climbs above": ">",
    "climbs over": ">",
    "rises above": ">",
    "rises over": ">",
    "rise above": ">",
    "exceeds": ">",
    "exceed": ">",
    "greater than": ">",
    "is greater than": ">",
    "more than": ">",
    "is more than": ">",
    "larger than": ">",
    "is larger than": ">",
    "bigger than": ">",
    "is bigger than": ">",
    "higher than": ">",
    "is higher than": ">",
    "surpasses": ">",
    "passes": ">",
    "crosses": ">",
    "jumps above": ">",
    "jumps over": ">",
    "spikes above": ">",
    "spikes over": ">",
    "beats": ">",
    "gets higher than": ">",
    "becomes greater than": ">",
    "becomes higher than": ">",
    "becomes larger than": ">",
    "becomes bigger than": ">",
    "goes higher than": ">",
    "goes beyond": ">",
    "shoots above": ">",
    "tops": ">",
    "explodes above": ">",
    "reaches": ">=",
    "hits": ">=",
    "at least": ">=",
    "is at least": ">=",
    "gets to": ">=",
    "reach": ">=",
    "hit": ">=",
    "at most": "<=",
    "is at most": "<=",
    "equals": "==",
    "is equal to": "==",
    "equal to": "==",
    "is exactly": "==",
    "drops to": "<=",
    "falls to": "<=",
    "goes down to": "<=",
    "down to": "<=",
}

FEATURES = (
    r"(?:stop |start )?(?:{watch})|unwatch|watch(?:es|ed)?|mut(?:e|ed|ing)|unmut(?:e|ing)|snooz(?:e|ing|ed)|unsnooz(?:e|ing)"
    r"|alert(?:s|ing)?(?: rules?)?|notif(?:y|ied)|notifications?|remind(?:ers?|ing|ed)?|briefings?|compar(?:e|ing|ison)|describ(?:e|ing)|link(?:ing|ed)?"
    r"|unlink|connect|settings?|default(?: project)?s?|use|why|failures?|plot(?:s|ting)?|list(?:ing)?|best|undo(?:ing)?"
    r"|unsubscribe|quiet hours|thresholds?|doctor|find(?:ing)? (?:best )?{noun}|use default|unalert|silence|digests?|filters?|subscrib(?:e|ing)|time ?zone"
)

MACROS["feature"] = FEATURES
MACROS["lead_words"] = r"hi|hey|hello|ok|so|and|but|please|,|BOT\d+|just|now|then|well|yo"

LEAD = (
    r"hi|hey|hello|yo|hallo|BOT\d+|(?:wandb|dear|hey) bot|wandb ?-?bot|bot|ok|okay|so|and|also|but|well|um+|uh+|hm+|oh|ah|alright|right|oops"
    r"|sorry|(?:quick|one|another|a|stupid|dumb|small|last) question|question|btw|by way|fyi|,|:|there|yes|no|no worries|please|now|then|great|cool|nice"
    r"|perfect|thanks(?: (?:a lot|so much|lot|very much|again|for that))?|thank you(?: (?:so|very) much)?|good (?:morning|afternoon|evening|day)|morning|excuse me|gm"
    r"|hmm+|(?:team|guys|all|folks|everyone|everybody)(?= ,)|mate|buddy|dude|again|awesome|urgent|excellent|next|good(?= ,)|first of all|anyway|instead|actually|just|or|plus|tldr|wow|damn|(?:make|do|create|generate|prepare|produce|build)(?: (?:me|us))?(?= (?:comparison|plot|summary|report|overview|curve|chart|graph|list))|ugh|argh|since you are (?:at it|here)|while you are at it|when you (?:have|get) (?:time|chance|minute|moment|sec)|if you (?:can|could|have time|do not mind|get chance)|if possible|for me|o+h+|aw+|omg|ooh|wait|come on|look|listen|wow|whoa|yay|argh|sorry to (?:bother|disturb)(?: you)?|hey hey|quick q|quick one|lol|haha|hm+|uhm|er+m?|man|jeez|geez|wtf|please to|be (?:a )?dear and|be nice and|for once|honestly|seriously|of course|sure|got it|fine|yeah|yes please|no problem|i see|ha|tsk|psst|hola|afternoon|evening|dear colleague|my friend|friend|mr|dear all|love|hope you are (?:well|fine|good)|hope all is well|good to see you|one more thing|last question|follow ?up|and also|also please|then please|oh and|oh"
)
REQUEST = (
    r"(?:is there )?(?:any|some) chance (?:that )?(?:you (?:could|can|would|will)|(?:i|we) (?:could|can)|to|of)|i would (?:like|love|want|appreciate|prefer)(?: it)? (?:that|if) you(?: (?:would|could|can|will))?|(?:is|would) it (?:be )?possible(?: for you)?(?: for (?:me|us))? (?:to|that you)|i (?:would )?(?:like|want|need) you to|please to|i want(?= (?:see|know|have|a|an|the|view|get|look|compare))|it would be (?:great|nice|good|cool|helpful|awesome|lovely) if you (?:could|would|can)|mind if i ask you to|would it be ok to|are you able to|you think you (?:could|can)|do you (?:mind|think you (?:could|can))|i am asking you to|your task is to|i beg you to|i ask you to"
    r"|(?:can|could|would|will|may)(?: not)? you(?: (?:please|to|just to|to please|kindly|quickly|also|just|maybe|possibly|be so kind as to|be so kind to|be able to|mind|help me|help me to|help us|go ahead and|perhaps|then))*"
    r"|i (?:just )?(?:want|would like|need|would love|wish|wanted|wanna)(?: (?:you|for you))? to|please|kindly|go ahead and|be so kind (?:and|to)|be kind and"
    r"|do me (?:favou?r|a favou?r) and|make sure (?:to|you)|do not forget to|remember to|help me(?: to)?|help us(?: to)?|would you mind|i would appreciate if you (?:could )?"
    r"|(?:can|could|may) (?:i|we)(?: (?:please|quickly|just|also|maybe))*(?= (?:see|have|get|take|look|view|check|know|compare))|i am (?:looking for|interested in|trying to(?: find)?|trying to (?:see|understand|find))|i need(?! (?:help|some help|assistance))|i want(?! you)|i would like|i would love|(?:let|lets) (?:me|us)(?= (?:see|have|look|check|get|take|compare|view))|lets(?= (?:see|look|check|compare|have|take|plot|get))"
    r"|you (?:can|may|could|should|must)(?= (?:{stopword}|unwatch|unmute|unsnooze|unfollow))|time to|do(?= (?:watch|compare|describe|mute|snooze|show|remind|tell))|feel free to"
)
INQUIRY = (
    r"(?:do|does|did) (?:you|we)(?: (?:happen to|already|even))* know|(?:can|could|would|will) you(?: please| kindly| quickly| maybe)* (?:tell|say to|inform|update|let|show)(?: me| us)?(?: know)?(?= (?:if|whether|why|what|how|when|which|who|where))"
    r"|tell (?:me|us)(?= (?:if|whether|why|what|how|which|who|where|when (?:will|is|does|would|do)) )|(?:is it )?possible to know(?= (?:if|whether|when|how|why|what|which))|(?:can|could|may) (?:we|i)(?: please)? (?:know|find out|see)(?= (?:if|whether|when|how|why|what|which))|(?:can|could|would) you (?:say|tell|explain|inform|show)(?: to)? (?:me|us)(?= (?:if|whether|why|what|how|when|which|who|where))|say me(?= (?:if|when|why|how))|i need to know|i want to know|i wanna know|i would like to know|to know(?= (?:if|when|why|how|what))|know(?= (?:if|whether|when|why|how|what|which) )|any (?:ideas?|clues?|guess|information|info|thoughts|hints?)(?: (?:on|about|as to|of))?(?= (?:if|whether|why|what|how|when|which|who|where))"
    r"|i (?:am )?(?:was )?wonder(?:ing)?|wondering|(?:i am |just )?curious(?: to know| about)?|i (?:want|would like|need|would love|wanted) to (?:know|find out|understand|ask|see|check)(?= (?:if|whether|why|what|how|when|which|who|where))"
    r"|(?:check|see|find out|verify|look|confirm|look up|figure out)(?= (?:if|whether|why|what|how|when|which|who) )|let (?:me|us) know(?= (?:how|what|which|why|whether|who|where))|(?:have|got) (?:any|you) ideas?(?= (?:if|why|when|how|what))"
    r"|(?:is|are) (?:you|there) (?:able to say|any (?:way to (?:know|tell|see)|chance to see))(?= (?:if|whether|when|how|why))|you know|(?:can|may|could) i (?:ask|know)|what i want to know is|the question is|my question is|(?:do|does) (?:anyone|anybody|somebody|someone) (?:here )?know|(?:i )?have no idea"
)
FILLER = (
    r"the|a|an|damn|damned|goddamn|freaking|fucking|bloody|actual|overall|poor|little|old|precious|beloved|please|kindly|just|really|actually|now|right now|at moment|at the moment|again|already|yet|so far|real quick|quickly|for me|for us|currently|as of now|today(?= ,)|here|in here"
    r"|in this channel|this channel|to this channel|for this channel|asap|simply|basically|thanks|thank you|cheers|bot|BOT\d+|wandb(?= bot)|lol|haha+|hehe+|lmao|mate|buddy|dude|bro|man|plz|ta|briefly|once more|then"
    r"|when you (?:get|have) (?:a )?(?:chance|minute|moment|time|second)|if you can|if possible|if you do not mind|if you could|real fast|exactly|folks|immediately|or what|or something|kind of|sort of|in (?:a )?(?:short|nutshell|detail)"
    r"|would you(?=$)|will you(?=$)|very|also|too|quick(?= question)|anymore|any more|any longer|the heck|the hell|hell|on earth|altogether|as well|so much|a lot|everybody(?=$)|everyone(?=$)|at last|by chance|by any chance|maybe(?=$)|by the way|btw|finally|by now|today(?=$ZZ)"
)
THANKS = (
    r"(?:{many} )?(?:thanks?(?: you)?|thank you|cheers|much appreciated|appreciated|appreciate it|i appreciate it|merci|danke|gracias|good bot|great bot|nice bot|good job|great job|well done"
    r"|nice work|great work|nice one|awesome work|you rock|you are (?:the )?(?:best|great|awesome|amazing|star|legend|hero|lifesaver)|ta|legend|that helps|that was helpful|very helpful|helpful|love it|you are so helpful|perfect|great|awesome|excellent|amazing|brilliant)"
)
MACROS["many"] = (
    r"many|great|perfect|awesome|cool|nice|super|ok|lovely|wonderful|excellent|ah|oh|amazing|brilliant|much|very|so|good|got it|alright|fantastic|yes|sweet|works|that is great|,"
)

SMALL = frozenset(
    "in on of for by with from to at and or , : is are was were be been it its this that these those my our me us we i you your the a an"
    " do does did has have had will would can could may there here if whether as so not than then about up out project projects run runs training"
    " experiment experiments job jobs model models time all some one ones over per across within during via too both each side together please 's"
    " today now between among until under right latest mine ours team channel entity inside".split()
)

GUARDS = (
    (
        "it asks for what the bot does not do",
        r"(?:(?:{lead_words}|can you|could you|please|would you|will you|i want you to|you should|lets|let us) )*(?:kill|restart|rerun|re-run|relaunch|resubmit|cancel|delete|launch|submit|deploy|abort|terminate|shut down|retrain|fork|rename|tag|archive|kick off|start training|stop training|resume training|stop(?= (?:the )?(?:RUN|NAME|REF|run|training|job))|start(?= (?:the )?(?:RUN|NAME|REF|run|training|job|new)))(?! (?:watch|subscription|snooze|briefing|alerts?|reminder|that|DAYS|my briefing|the briefing|the watch|my subscription))\b",
    ),
    (
        "somebody else is asked",
        r"(?:(?:hey|hi|hello|ok|so|,|and|please|but|yo) )*(?:can|could|would|will|should|may|does|did|has|have|is|do) (?:someone|somebody|anyone|anybody|everyone|everybody|one of you|any of you|(?:you|u) (?:guys|all|both|two))\b",
    ),
    (
        "somebody else is asked",
        r"(?:(?:hey|hi|hello|ok|so|,|and|please|but|yo) )*(?:someone|somebody|anyone|anybody|everyone|everybody|folks|nobody|no one)\b",
    ),
    (
        "it is said of somebody",
        r".*\b(?:said|says|wrote|asked|asks|told|claims?|claimed|suggested|suggests|mentioned|thinks?|thought|wants?|wanted|hopes?|insists?|insisted|replied|writes|recommended|recommends|proposed|complained)\b(?<!\bi want)(?<!\bi wanted)(?<!do you think)(?<!you think)(?<!what i want)(?<!i just want)",
    ),
)
ACTION_GUARDS = (
    (
        "it asks for what the bot does not do",
        r"(?:(?:{lead_words}|can you|could you|please|would you|will you|i want you to|you should|lets|let us) )*(?:kill|restart|rerun|re-run|relaunch|resubmit|cancel|delete|launch|submit|deploy|abort|terminate|shut down|retrain|fork|rename|tag|archive|kick off|start training|stop training|resume training|stop(?= (?:the )?(?:RUN|NAME|REF|run|training|job))|start(?= (?:the )?(?:RUN|NAME|REF|run|training|job|new)))(?! (?:watch|subscription|snooze|briefing|alerts?|reminder|that|DAYS|my briefing|the briefing|the watch|my subscription))\b",
    ),
    (
        "it is negated",
        r".*\b(?:not|never|no need|no reason|without|nobody|neither|nor|rather than|instead of|avoid|refrain|against|cannot|hardly|no way)\b",
    ),
    (
        "it is hypothetical",
        r".*\b(?:would have|should have|could have|might|maybe|perhaps|probably|wish|suppose|supposing|imagine|assuming|assume|hypothetically|unless|otherwise|what if|if only|whether|if we|if i|if you|if they|if somebody|if someone|if he|if she|if anyone|theoretically|pretend|in case we|wonder|wondering|considering|thinking|planning|plan to|tempted|ought|used to)\b(?<!\bwill you)(?<!can you maybe)(?<!could you maybe)(?<!you perhaps)",
    ),
    (
        "it is a question among people",
        r"(?:(?:ok|so|,|and|but|hm+|also|well) )*(?:should|shall|did we|did you|did i|have you|would it|could we|may we)\b",
    ),
    (
        "it tells what happened",
        r"(?:(?:ok|so|,|and|but|yes|no|well|sorry|oops|btw) )*(?:i|we|he|she|they|you|it|that|this|somebody|people)(?: (?:have|had|has|just|already|also|once|never|always|accidentally|always|usually|did|was|were|am|are|is|been|still))* (?:\w+ed|set|put|told|got|went|saw|did|made|forgot|kept|was|were|am (?:watching|muting|snoozing)|are (?:watching|muting|snoozing)|keep|need to|have to|must|should|could|can|will|do|love|hate|like|prefer|shall)\b(?<!\bi need to)(?<!you can)(?<!you could)(?<!you should)",
    ),
)

FOREIGN = frozenset(
    "movie movies film films lunch dinner breakfast brunch weekend weekends weather rain raining snow sunny km kilometers kilometres kilometer miles mile"
    " marathon marathons jog jogging gym race races game games football soccer basketball tennis match price prices pizza coffee beer beers tea dog dogs cat cats kid kids child children wife husband"
    " meeting meetings station ticket tickets flight flights vacation holiday holidays birthday netflix tv series podcast book books music song songs rent shop shopping"
    " milk bread groceries doctor's dentist hospital school exam exams homework interview candidate salary bank tax taxes invoice email emails mail letter phone joke jokes poem story stories recipe"
    " bus car cars bike cycling swim swimming hike hiking party concert restaurant hotel trip travel train-station metro traffic stock stocks bitcoin market election president"
    " capital country city football's president's pr prs merge branch jira ticket ticket's deploy deployment kubernetes docker laptop keyboard monitor's screen printer office desk"
    " slides deck presentation talk conference deadline paper papers reviewer reviewers thesis professor hr mandatory onboarding mom dad mother father friend friends everyone's"
    " news-paper newspaper hair shoes dress clothes water food cake burger sandwich sushi nap sleep bed shower translate german french spanish italian english language"
    " password calendar zoom camera photo photos picture's video videos youtube twitter tiktok instagram game's boss manager colleague intern lunchtime standup retro sprint"
    " horoscope lottery haircut moon sun's planet history-book math maths poem song's guitar piano garden house apartment flat roommate".split()
)

CONFUSABLE = frozenset(
    "witch wash wait want went west waste while white whale where there three then than them their they this those these thing think thinks thought"
    " lost lots less last list lose loose long like live lived lives line link lint left let letting lead learn leave least level late later"
    " mate mule muse must much mine mind move more most make made many mean means meant meet meal mail main male moist mood moon mouse month mouth"
    " start starts state stats stand star stare stay step steps stem still stock store story stone stop stops strong study style such sure sum some same save safe said sale sane sand"
    " run ran rune ruin runs rung rain ring rank rate rare race read real rest reset rent room root rope"
    " best bets beast beat bear been beer bell belt bend bent both bold bolt book boot born bowl"
    " done down does dose dome door down date data dead deal dear deck deep desk dial died diet dine dirt dish disk dive dock door dose draft drag draw drop drug drum dust"
    " plot plots plan plans plane plant play plays please plus plug pilot post pool poor port pose part party past path pace pack page paid pain pair pale palm park pass"
    " curve curse cure cars care card cave case cast cost coast coat code cold come cook cool core corn cute cut call calm came camp"
    " show shop shot shoe short should shout shut slow snow sow sew see seen seem send sent self sell seek shape share sharp"
    " watch watches water wake walk wall warm warn warns wash wave ways weak wear week weed well were wild will wind wine wing wire wise wish with wood word work works world worm worn worth wrap write wrong"
    " fail fall fair fame farm fast fate fear feed feel feet fell felt file fill film find fine fire firm fish five flag flat flaw fled flow fold folk food fool foot form fort forth four free from fuel full fund"
    " crush cash crash crate craft crack cream creek crew crop cross crowd crown brush trash"
    " compete complete competes company compound composed computer commit comment common complaint compile compiled"
    " describes prescribe subscribe inscribe describing finish finnish fresh flesh minute minutes mutes route silent science scene snooze sneeze"
    " great greet green grass grad grade grand grant graph grape gray grow group guess guest guide unit units until alert alerts alter altered alarm"
    " status statue stating statute setting settings sitting setup reset remind remand remain remains remark rewind renamed reminded refined resume"
    " training straining trailing trading raining metric metrics matrix method media medium meeting project protect product projects protects"
    " latest latent lasted tested rated later litter lately largest laughs what that chat whom whose which rich such notify modify"
    " health wealth heath heart heat heated hearth cause clause pause because caused causes error terror errors mirror"
    " about above abode abort alive along alone aloud allow also away amount another answer anyone anything around arrive"
    " check cheek chess chest chick chair chain chart charm cheap cheat cheer chief chip choose chose coin"
    " follow hollow fellow fallow allow yellow track trace truck trick crack tracks train trains trail brain drain grain"
    " lunch launch branch bunch bench batch catch match patch hatch latch march"
    " first fist thirst forty party dirty second seconds reckon beckon third bird other mother bother either over oven ever even every very"
    " broken spoken token woken bronze active native captive adaptive pending sending lending spending bending ending mending"
    " using being doing going seeing saying trying buying flying dying lying tying playing staying laying paying"
    " quiet quite quit quilt suite suit fruit recent decent resent regent accent parent percent present"
    " listen fasten lesson season reason treason person prison recover remove rename repair repeat replay report reports require review"
    " better butter bitter letter latter matter setter later water hotter summer worker water winter winner dinner thinner"
    " running cunning gunning ruling winning sunning stunning planning morning moaning warning learning earning yearning evening opening meaning leaning"
    " models modems modes medals morals nodes codes modern muted quoted noted voted rooted mused used fused"
    " explain complain exploit explore expect except export expert expand extend extent exceed excess accept access"
    " please pleased pleasant phase phrase praise raise raised closer close closed clothes cloud clouds class clear clean client climb clock"
    " house horse mouse louse hours ours yours your four pour sour tour court count account amount doubt"
    " experience experienced experiments experts expensive expense curious furious serious various previous obvious"
    " default defaults defeat defect defend define silence silences sentence science license absence"
    " highest honest lowest forest modest earliest easiest happiest nearest newest oldest fewest"
    " fewer later faster slower lower tower power lover cover hover over mover closer"
    " overview interview preview review reviewer oversee explode explore exclude include included"
    " connect collect correct contact contract contrast constant content context contest content contain continue control"
    " undone undo under until unless unlike unlink unlock unpack untie upset"
    " killed skilled filled billed drilled chilled spilled milled pulled called rolled"
    " handle candle gentle middle little title battle bottle settle kettle cattle"
    " current currant torrent parents patents patients moments comments cements".split()
)

GREETINGS = frozenset(
    "hi hello hey yo hallo hiya morning afternoon evening greetings howdy sup hola bonjour moin gm good there bot wandb day team again all everyone folks guys".split()
)

EXTRA_WORDS = frozenset(
    "he she they him her his hers them their theirs who whom whose what which when where why how am be being been because before after during while"
    " very much many more most few less least some any no yes ok okay really quite rather almost enough ever never always often sometimes usually soon later"
    " today yesterday tomorrow tonight morning afternoon evening night week weekend month year hour minute second day monday since until ago last next past"
    " one two three four five first second third fourth fifth sixth other another both each every either neither same different such own"
    " go goes went gone going get gets got getting give gave take took taken make made do did done see saw seen look looked say said tell told think thought know knew"
    " want need like love hate hope try tried use used work works worked working good bad great nice cool fine weird strange interesting funny big small high low new old"
    " thing things stuff something anything nothing everything someone anyone nobody everybody people person guy guys man team everyone folks"
    " gpu gpus cpu node nodes cluster machine server slurm job batch size data dataset code bug fix config seed seeds epoch epochs step steps optimizer adam sgd layer layers"
    " into onto off back down away around through between against without within upon toward towards across along above below near far"
    " maybe perhaps probably definitely certainly sure though although but however also too even still only just well anyway instead else"
    " let lets start starts started stop stops stopped end ends ended keep keeps kept put set run runs ran running train trains trained training kill killed restart restarted resume"
    " fail failed crash crashed die died finish finished complete completed check checked watch watched watching mute muted snooze snoozed"
    " should shall must might may could would will can cannot ought if unless whether than as like so that this these those it its itself"
    " i me my mine myself we us our ours you your yours yourself here there now then again already yet"
    " looks seems sounds feels appears discuss agree disagree guess believe wonder remember forget forgot review restart please sorry thanks thank welcome bye"
    " weekdays weekday daily nightly weekly hourly noon midnight o'clock oclock am pm recap learned learnt"
    " joke weather lunch rerun rollback tomorrow's today's yesterday's sigma sigmas std stds median average normal usual baseline tokens token wall clock walltime"
    " ask asked asking answer answered call called calling wait waiting hold hang happened happen happens reading read write wrote written buy sell eat drink"
    " alone along almost aside awake busy early late quick slow fast hot cold warm dark light hard soft easy difficult simple".split()
)

TIME_WORDS = {
    "since": "since|from|after|starting",
    "during": "in|over|within|during|from|for|of|on|across",
    "last": "last|past|previous|these last|latest",
    "on": "on",
    "today": "today|this (?:morning|afternoon|evening)|today's|since this morning|earlier today",
    "yesterday": "yesterday|last night|overnight|yesterday's|during night|during the night|over night|yesterday (?:morning|afternoon|evening|night)",
    "this_week": "this week|this week's|beginning of the week|start of the week",
    "this_month": "this month|beginning of the month",
    "for": "for",
    "half": "half an|half a|half",
    "hour_unit": "h|hrs?|hours?",
    "minute_unit": "m|mins?|minutes?",
    "until": "until|till|to|through",
    "tomorrow": "tomorrow",
    "morning": "morning|afternoon|evening",
    "each": "every|each|on|all|only",
    "next": "next|coming",
    "weekdays": "weekdays?|week days?|working days?|workdays?|work days?|business days?|monday (?:to|through|till|until|-) friday|mon (?:to|through|till|until|-) fri|mon-fri|monday-friday|weekdays only",
    "weekends": "weekends?",
    "daily": "daily|every ?day|each day|every single day|every (?:morning|evening|night|afternoon)|each (?:morning|evening)|nightly|(?:in the )?mornings|all days",
    "noon": "noon|midday|12 noon",
    "midnight": "midnight",
    "at": "at|by|until|till|to|from|around|for|@|every (?:day|morning) at",
    "part": "morning|evening|afternoon|night",
    "evening": "evening|afternoon|night",
}

REFERENCES = (
    # (pattern, kind, place)
    (
        r"(?:the )?(?:one|run|job|training|experiment|thing|model)s? (?:that|which|who)(?: (?:just|has|had|have|recently|last))* (?:crashed|died|failed|broke|blew up|exploded|diverged|got killed|was killed|fell over|oomed|went down|stopped)(?: (?:last|just|recently|on me))*",
        "crashed",
        None,
    ),
    (
        r"(?:the|that|my|our|this)(?: (?:last|latest|recently|most recent))? (?:crashed|failed|dead|broken|failing|crashing|killed)(?: (?:run|one|job|training|experiment|model))",
        "crashed",
        None,
    ),
    (
        r"(?:last|latest|most recent) (?:crashed|failed|dead|broken) (?:run|one|job|training|experiment|model)",
        "crashed",
        None,
    ),
    (r"(?:the )?(?:most recent|latest|last) (?:crash|failure)", "crashed", None),
    (r"whichever(?: (?:one|run))? (?:crashed|failed|died)", "crashed", None),
    (
        r"my(?: (?:very|own))? (?:last|latest|newest|most recent|recent|current|previous|running|active|only|ongoing|new|own)(?: (?:training|experiment|wandb|model))? (?:run|job|experiment|one|training|model)(?! (?:RUN|NAME|MET|on wandb is)\d*)",
        "mine_last",
        None,
    ),
    (
        r"my (?:wandb |training )?(?:run|job|experiment|training|model)(?! (?:RUN|NAME|X|number|no|#|jobs|runs)\S*)(?! \d)",
        "mine_last",
        None,
    ),
    (
        r"(?:the )?(?:last|latest|newest|most recent)? ?(?:run|job|experiment|training|thing|one|model)(?: that)? i(?: (?:just|have))? (?:started|launched|kicked off|submitted|did|ran|pushed|began|trained|created)(?: (?:last|yesterday|recently))?",
        "mine_last",
        None,
    ),
    (r"mine(?! (?:and|is))", "mine_last", None),
    (r"(?:the )?last one", "last_shown", None),
    (
        r"(?:the )?(?:latest|newest|most recent|last|current)(?: (?:training|wandb))? (?:run|job|experiment|training|one|model)(?! (?:ever|RUN\d+))",
        "latest",
        None,
    ),
    (r"(?:the )?(?:other|remaining)(?: (?:one|run|two))", "ordinal", 2),
    (r"the other", "ordinal", 2),
    (
        r"(?:the )?(?P<n>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|4th|5th|6th|7th|8th|9th|10th)(?: (?:one|run|entry|in list|item|of (?:these|those|them)))+",
        "ordinal",
        None,
    ),
    (r"the first (?P<n>two|three|four|five|2|3|4|5)(?: (?:runs|ones|of them))?", "first_n", None),
    (
        r"(?:the )?(?P<n>first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th)(?= (?:and|with|to|vs|against|or|,) (?:the )?(?:first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th)(?!\S))",
        "ordinal",
        None,
    ),
    (
        r"(?<= and )(?P<n>first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th)(?= |$)",
        "ordinal",
        None,
    ),
    (
        r"the (?P<n>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|4th|5th|6th|7th|8th|9th|10th)(?! (?:time|thing|step|epoch|half|week|day|question|RUN|place)\S*)",
        "ordinal",
        None,
    ),
    (
        r"(?:the )?(?:run|number|nr|no|num|item|entry)(?: (?:number|no|nr|#))? ?#?(?P<n>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)(?: (?:of|in|from) (?:the|that|this) (?:list|table))?",
        "ordinal",
        None,
    ),
    (r"#(?P<n>\d{1,2})(?: (?:of|in|from) (?:the|that|this) (?:list|table))?", "ordinal", None),
    (
        r"(?:these|those|both|all)(?: of)?(?: (?:two|three|four|2|3|4|them|these|those))(?: (?:runs|ones|models|experiments|of them))?",
        "these",
        None,
    ),
    (
        r"(?:both|these|those|these same|all these)(?: (?:runs|ones|models|experiments))",
        "these",
        None,
    ),
    (
        r"(?:the )(?:two|three|both|2|3)(?: (?:runs|of them|models|experiments))?(?! (?:MET|best|latest|last|top|days|hours)\S*)",
        "these",
        None,
    ),
    (
        r"both(?! (?:the|RUN\d+|NAME\d+|X\d+|of|my))|these(?! (?:days|RUN\d+|are|last|settings|alerts))|those(?! (?:RUN\d+|days|are))|them(?: (?:both|all))?",
        "these",
        None,
    ),
    (
        r"(?:this|that|the same|the above|same|said|aforementioned|the current)(?: (?:very|whole|particular|same|training|wandb|last))? (?:run|one|training|experiment|job|model|guy|thing)(?! (?:RUN|NAME)\d+)",
        "thread",
        None,
    ),
    (
        r"the (?:run|job|experiment|model)(?! (?:RUN|NAME|X|REF|that|which|with|by|of|from|in|we|i)\S*)(?! \d)",
        "the_run",
        None,
    ),
    (r"it(?! (?:is (?:time|raining|possible|late)|seems|would|looks like))|itself", "thread", None),
    (
        r"(?:this|that)(?= (?:is|has|gets|was)(?: (?:still|finally|all|actually|even))? (?:done|finished|complete|completed|over|ready|running|going|better|worse|ok|okay|healthy|stuck|nan|training|crashed|failed|converged|diverging|overfitting|through|slow|fine)(?!\S))",
        "thread",
        None,
    ),
    (r"they(?= )", "they", None),
    (
        r"(?:this|that)(?! (?:week|month|morning|afternoon|evening|channel|thread|project|time|year|is|was|way|would|sounds|looks|seems|should|makes|could|bot|[a-z]+ (?:is|are|was)|i|we|you|are|have|has|the|RUN\d+|NAME\d+|X\d+|MET\d+|Y\d+|kind|room|alert|team|command|user|weekend|much|many|page|list|setup|message|PROJ\d+|ENT\d+)(?!\S))",
        "thread",
        None,
    ),
)

ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
}

AXES = (
    (r"token|sample|example", "tokens"),
    (r"step|iteration", "step"),
    (r"time|clock|hour|minute|duration", "time"),
)

COUNTS = (
    r"(?P<before>(?:best|latest|last|newest|recent|worst|most recent|previous|lowest|highest) )(?P<n>\d+|two|three|four|five|six|seven|eight|nine|ten|twenty)(?= (?:best |top |running |failed |crashed |finished )?(?:runs?|models?|experiments?|jobs?|ones|trainings|trials|MET\d+)|$)",
    r"(?P<before>)(?:top|best)[ -]?(?P<n>\d+|two|three|four|five|six|seven|eight|nine|ten|twenty)(?!(?:st|nd|rd|th))",
    r"(?P<before>)(?P<n>\d+|two|three|four|five|six|seven|eight|nine|ten|twenty)(?= (?:best|latest|newest|most recent|top|strongest|last))",
)

OWNERS = (
    r"(?P<mark>(?:X|NAME|RUN|ENT|OWNER|USER|Y)\d+) 's(?= (?:(?:last|latest|best|failed|crashed|running|top|recent|own|current|newest|finished|active|other|most|training|TOP\d+) )*(?:runs?|experiments?|jobs?|trainings?|models?|stuff|trials?)(?!\S))",
    r"(?P<before>(?:runs?|experiments?|jobs?|trainings?|models?|started|launched|owned|submitted|run|created|made|those|stuff) )(?:by|of) (?:user )?(?P<mark>(?:X|NAME|OWNER|USER|Y)\d+)(?! (?:run|project))",
    r"(?P<before>(?:runs?|experiments?|jobs?|trainings?|models?|running|failed|crashed|going|doing|finished) )(?:from|for) (?P<mark>(?:OWNER|USER)\d+)",
    r"(?P<before>(?:what|which|how many|did|has|have)(?: (?:runs?|jobs?|experiments?))?(?: (?:is|are|has|have|did|does))? )(?P<mark>(?:X|OWNER|USER)\d+)(?= (?:run|running|training|train|launch|launched|start|started|have running|got running|submit|have going))",
)

PLACES = (
    r"(?:in|for|of|from|within|across|inside|under|over at|on)(?: the)?(?: (?:project|entity|team|wandb project|workspace|projects))? (?P<mark>(?:PROJ|ENT)\d+)(?: (?:project|team|entity|workspace))?(?= |$)(?! (?:runs?|jobs)(?!\S))",
    r"(?:in|within|inside|across|under)(?: the)?(?: (?:project|team|wandb project))? (?P<mark>(?:X|NAME|Y|OWNER)\d+)(?: project)?",
    r"(?:in|for|of|from|within|on)(?: the)? project (?P<mark>(?:X|NAME|Y|OWNER|RUN)\d+)",
    r"(?:in|for|of|from|within)(?: the)? (?P<mark>(?:X|NAME)\d+) project",
    r"(?P<keep>(?:watch|watching|follow|following|monitor|monitoring|track|tracking|unwatch|to|use|unfollow|describe|check|how is|switch to) )(?:the )?project (?P<mark>(?:X|NAME|PROJ)\d+)",
)

PATTERNS = {
    "axis": r"(?:by|per|versus|on|against|at|in terms of|as function of|using|with|over|for|in|based on)(?: (?:the|a|equal|same|matched|number of|matching|total|of|consumed|training|axis))* (?:tokens?(?: seen| count| consumed)?|samples(?: seen)?|training steps?|steps?(?: count)?|iterations?|wall ?clock(?: time)?|wall ?time|elapsed time|hours of training|compute time|clock time|real time|training time|tokens axis|time axis|step axis)(?: (?:axis|instead|count))?|(?:by|per|on)(?: the)? (?:time|hours|clock|runtime|duration)(?: axis)?(?! soon)|(?:at )?(?:same|matched|equal) (?:tokens?|steps?|time|samples|compute time|wall clock)|token-wise|step-wise|time-wise|tokenwise|stepwise|timewise",
    "bare_axis": r"(?:tokens|steps|time|wall ?-?clock(?: time)?|wall-clock|samples|walltime)",
    "no_name": r"(?P<word>(?:the|a|an|your|his|her|their|our|my|some|any|every|no|another|what|which|this|that|these|those|much|many|more|too|so|very|how|i|he|she|they|we|you|not|whose|of the|'s)) (?P<mark>X\d+)(?! (?:run|training|experiment|job|model)(?!\S))",
    "rule_fill": r"is|gets|get|goes|go|becomes|become|has|ever|suddenly|value|reading|stays|stay|remains|are|was|to|at|being|been|starts|curve|still|turns|once|its|going|the|by|equal|than|more|or|all|of a sudden|jumps|jump|spikes|spike|rises|rise|grows|grow|climbs|up|down|drops|falls|increases|decreases|greater|larger|bigger|higher|above",
    "for_steps": r"(?:for|over|during|in)(?: (?:more than|at least|over|the|last))? (?P<steps>\d+)(?: (?:consecutive|straight|successive))? (?:steps?|points|iterations?)(?: (?:in a row|or more|straight))?",
    "sigma": r"-?(?:sigmas?|standard deviations?|std(?:s|ev|evs)?|z|sd|sds|σ|stddevs?|std devs?)(?: (?:above|over|from|away from|away|off|outside|beyond|out of|higher than|than|greater than|off from))?(?: (?:the|its|a|normal|mean|average|median|usual|baseline|recent|running|own|trend|level|value|typical|history|norm|of))*",
    "zscore_of": r"(?:the )?z ?scores? (?:of|for|on)(?: the)?",
    "zscore": r"z ?scores?",
    "times": r"x|×|times|fold|",
    "twofold": r"twice|double|triple|half|thrice",
    "factor_words": r"twice|double|triple|half|thrice|two|three|four|five|ten",
    "usual": r"of|the|its|a|than|their|usual|normal|own|running|recent|rolling|moving|typical|higher|larger|above|bigger|greater|median|average|mean|baseline|level|value|history|norm|as high as|as",
    "multiplies": r"doubles|triples|halves|quadruples",
    "nan": r"(?:(?:is|goes|go|becomes|become|turns|turn|hits|hit|gets|get|are|has|shows|==|to|into|a|value|ever|contains|reaches|equals|a|any|=) )*(?:nan|inf|infinity|infinite|not finite|nan or inf|inf or nan|non-finite|nonfinite|not a number|undefined)(?: (?:or|and) (?:inf|infinite|infinity|nan))?(?: values?)?",
    "nan_of": r"(?:a |any |there is |there are |you see )*(?:nan|inf)(?: values?)?(?: (?:in|for|on|of|shows up in|appears in))?(?: the)?",
}
PATTERNS |= {
    "times": r"x|×|times|fold",
    "thanks_fill": r"for|that|the|your|help|info|information|everything|it|to|you|quick|answer|all|this|a|lot|so|much|very|very much|really|again|update|that was|is|was|i|me|much|exactly|what|needed|advance|in|got|guys|response|reply|heads|up|no|problem|worries|works|bot|just",
    "begins": r"what|which|who|whose|when|where|why|how|is|are|was|were|did|does|do|has|have|will|can|could|would|any|still|show|give|plot|compare|describe|list|status|check|eta|summarize|summarise|explain|find|get|top|best|draw|graph|MET\d+",
    "greeting_core": r"hi|hello|hey|yo|hallo|hiya|morning|afternoon|evening|greetings|howdy|sup|hola|bonjour|moin|gm|heya",
    "how_are_you": r"(?:(?:hi|hey|hello|bot|ok|so|yo) )*(?:how is it going|how are you(?: doing)?(?: today)?|how do you do|what is up|sup|whats up|how are things|how is life|how is your day|nice to meet you|you there|how is it hanging|what is new)(?: bot| today| there)*",
    "orders": r"{show}|{plot}|{list}|{describe}|{glance}|{watch}|compare|diff|contrast|explain|tell|undo|help|rank|group|debug|investigate|status|summari[sz]e|top|run doctor|by|eta|loss curve",
    "questions": r"what|which|who|whose|when|where|why|how|is|are|was|were|did|does|do|has|have|had|will|can|could|would|any|still|and(?= (?:MET|what|by|AXIS))|if|whether",
    "taken_back": r"just kidding|jk|kidding|never ?mind|scratch that|no wait|wait no|forget it|forget that|ignore that|disregard|do not do that|not really",
    "calls": r"hey|hi|hello|ok|so|,|and|thanks|please|yo|but|dear|morning|good morning|cc|@|ping|sorry|yes|no|well",
    "asks": r"can|could|would|will|please|do|did|does|have|has|are|is|stop|mute|watch|tell|check|look|should|may|what|why|when|how|where|you|kindly|snooze|compare|describe|remind|unmute|unwatch|show|plot|let",
    "thanks_to": r"thanks|thank you|cheers|good job|well done|great job|thanks a lot|nice work|congrats|hi|hello|hey|good morning|morning|bye",
    "beyond": "it asks for what the bot does not do",
    "joiners": "in|of|for|on|by|,|:|at|and|to|with|over|across|from|or|please|between|among|within",
    "told": "was|were|is|are|be|been|had|has|have|did|do|does|would|will|i|we|he|she|they|not|than|if|as|about|you",
    "mine": r"my|mine|i ran|did i|i started|i launched|do i|am i|i run|i have|for me|i own|have i|i submitted|i trained",
    "off": r"off|turn off|stop|cancel|disable|end|switch off",
    "gerunds": r"(?:muting|watching|snoozing|comparing|describing|showing|telling|plotting|checking|giving|reminding|stopping|unwatching|unmuting|linking|letting|listing|pinging|sending|using|explaining|looking|following|notifying|alerting|monitoring|tracking)(?!\S)",
}
GERUNDS = {
    "muting": "mute",
    "watching": "watch",
    "snoozing": "snooze",
    "comparing": "compare",
    "describing": "describe",
    "showing": "show",
    "telling": "tell",
    "plotting": "plot",
    "checking": "check",
    "giving": "give",
    "reminding": "remind",
    "stopping": "stop",
    "unwatching": "unwatch",
    "unmuting": "unmute",
    "linking": "link",
    "letting": "let",
    "listing": "list",
    "pinging": "ping",
    "sending": "send",
    "using": "use",
    "explaining": "explain",
    "looking": "look",
    "following": "follow",
    "notifying": "notify",
    "alerting": "alert",
    "monitoring": "monitor",
    "tracking": "track",
}
ENDINGS = (
    (
        r"\b(?:crash(?:ed|es|ing)?|die[ds]?|dead|dying|bl[oe]w(?:n|s)? up|explod\w+|oom\w*|fell over|went down|goes down)\b",
        "crashed",
    ),
    (
        r"\b(?:fail(?:ed|s|ing|ure)?|br[eo]ken?|breaks|broke|error(?:ed|s)?|gone wrong|went wrong)\b",
        "failed",
    ),
    (r"\bkilled\b", "killed"),
    (r"\b(?:finish(?:ed|es)?|complet(?:e|ed|es)|done|ended|wrapped up)\b", "finished"),
    (r"\b(?:running|active|training|going|live|alive|cooking|in progress)\b", "running"),
)
TOPICS = (
    (r"\b(?:unmut\w+)", "unmute"),
    (r"\b(?:mut(?:e|ed|ing)|silence)", "mute"),
    (r"\bunsnooz\w*", "unsnooze"),
    (r"\bsnooz\w*", "snooze"),
    (r"\b(?:unwatch|stop (?:watch|follow|monitor|track)\w*|unsubscribe)", "unwatch"),
    (r"\b(?:watches)\b", "watches"),
    (r"\b(?:watch|monitor|follow|track|subscrib)\w*", "watch"),
    (r"\bcompar\w*", "compare"),
    (r"\bdescrib\w*", "describe"),
    (r"\b(?:alert|notif)\w*", "alert"),
    (r"\bremind\w*", "remind"),
    (r"\b(?:briefing|digest)s?\b", "briefing"),
    (r"\bunlink\b", "unlink"),
    (r"\b(?:link|connect)\w*", "link"),
    (r"\b(?:default|use default)\w*", "use"),
    (r"\b(?:settings?|quiet hours|thresholds?|time ?zone|filters?)\b", "settings"),
    (r"\bfailures?\b", "failures"),
    (r"\bplot\w*", "plot"),
    (r"\bbest\b", "best"),
    (r"\bundo\w*", "undo"),
    (r"\bdoctor\b", "doctor"),
    (r"\blist\w*", "runs"),
    (r"\bwhy\b", "why"),
)

FACTORS = {
    "twice": 2,
    "double": 2,
    "doubles": 2,
    "triple": 3,
    "triples": 3,
    "thrice": 3,
    "half": 0.5,
    "halves": 0.5,
    "quadruples": 4,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "ten": 10,
}

ENGLISH = Language(
    cues=CUES,
    busy=BUSY,
    time_words=TIME_WORDS,
    references=REFERENCES,
    ordinals=ORDINALS,
    axes=AXES,
    counts=COUNTS,
    owners=OWNERS,
    places=PLACES,
    factors=FACTORS,
    patterns=PATTERNS,
    gerunds=GERUNDS,
    endings=ENDINGS,
    topics=TOPICS,
    code="en",
    macros=MACROS,
    phrases=PHRASES,
    expand=EXPAND,
    metric_words=METRIC_WORDS,
    metric_parts=frozenset(
        "loss losses acc accuracy auc auroc f1 bleu rouge perplexity ppl reward rewards grad norm gradnorm lr mae mse rmse map iou miou fid kl entropy"
        " throughput mfu recall precision logloss error err wer cer psnr ssim dice score nll bpb bits elbo tokens samples per second learning rate gradient".split()
    ),
    states=STATES,
    numbers=NUMBERS,
    units=UNITS,
    weekdays=WEEKDAYS,
    zones=ZONES,
    operators=OPERATORS,
    lead=LEAD,
    request=REQUEST,
    inquiry=INQUIRY,
    filler=FILLER,
    small=SMALL,
    guards=GUARDS,
    action_guards=ACTION_GUARDS,
    foreign=FOREIGN,
    confusable=CONFUSABLE,
    greetings=GREETINGS,
    thanks=THANKS,
    extra_words=EXTRA_WORDS,
)
