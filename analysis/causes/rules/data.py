"""Data that is not there, and data that cannot be read."""

from typing import Final

from analysis.causes.rules.base import Rule, regex, words

RULES: Final = (
    Rule(
        id="hub_unreachable",
        cause="network_nccl",
        pattern=regex(
            r"we couldn't connect to '?https?:|"
            r"couldn't reach .{1,120}(?:hub|connectionerror|offline)|"
            r"max retries exceeded with url|"
            r"\b(?:429|50[0234])\b (?:client|server) error|"
            r"(?:error code|status(?: code)?|http(?: error)?|returned error)\W{1,3}"
            r"(?:429|50[0234])\b|\b429\b.{0,20}too many requests|"
            r"run initialization has timed out|"
            r"^(?:[\w.]*\.)?(?:serverdisconnectederror|clientpayloaderror|clientoserror|"
            r"clientconnect\w*|servertimeouterror|connecterror|connecttimeout\w*|"
            r"readtimeout\w*|pooltimeout|remoteprotocolerror|protocolerror|"
            r"chunkedencodingerror|proxyerror|apiconnectionerror|apitimeouterror|"
            r"ratelimiterror|serviceunavailable|endpointconnectionerror|"
            r"connectionclosederror|_?inactiverpcerror)\b|statuscode\.unavailable|"
            # curl's exit codes of hosts, connections and TLS, as a pipe reports them
            r"\bcurl\b.{0,400}\bexit (?:status )?(?:5|6|7|16|18|28|35|52|55|56|92)\b|"
            r"server (?:can't|cannot|could not) be reached|can't connect to \w+ server|"
            r"^timeouterror: (?:the )?(?:\w+ ){0,2}operation timed out|fstimeouterror|"
            r"unexpected_eof_while_reading|certificate.verify.failed|"
            r"unable to resolve (?:host|address)|could not resolve host"
        ),
        where="exception",
        source="Hugging Face, requests, httpx, aiohttp, gRPC: a service could not be reached",
        sure=0.85,
    ),
    Rule(
        id="dataset_missing",
        cause="data_missing",
        pattern=regex(
            r"^(?:[\w.]*\.)?(?:filenotfounderror|notadirectoryerror|datasetnotfounderror|"
            r"datafilesnotfounderror|emptydataset\w*|entrynotfounderror|"
            r"repositorynotfounderror|revisionnotfounderror|localentrynotfounderror|"
            r"nosuchkey|nosuchbucket|blobnotfound\w*|missing\w*(?:data|file)\w*)\b|"
            r"no such file or directory|nosuchkey|nosuchbucket|blobnotfound|"
            r"\b404\b.{0,60}not found|\b404 client error|couldn't find (?:a |"
            r"any )?(?:dataset|data ?file|file)|(?:dataset|data|"
            r"file(?! signature)|folder|directory|path|checkpoint|artifact|builderconfig|"
            r"bucket|object|image|corpus|shard|split)\w* (?!.{0,60}signature).{0,120}(?:does "
            r"?n[o']t exist|not found|not exist|is missing|(?:can(?:no|')t|can not|could(?: not|"
            r"n't)) be found)|(?:can't|"
            r"cannot|couldn't|could not|unable to) (?:find|load|open|"
            r"locate) .{0,20}(?:dataset|tokenizer|the model|model|config|"
            r"file(?! containing| \((?:file signature|truncated|bad))|checkpoint|data)|"
            r"no file named .{1,200} found in|unknown split|no such object|"
            r"is not a local folder and is not a valid model|(?:found )?no (?:images|"
            r"files|data|samples) (?:were |that )?(?:found|in|match)\w*|found 0 (?:files|images|"
            r"samples|videos)|no such object|the specified key does not exist|"
            r"unable to (?:synchronously )?open file.{0,40}no such file|"
            r"does not appear to have a file named|no (?:valid )?checkpoints? (?:was |were )?found|"
            r"num_samples should be a positive integer|"
            r"^\w+: [^\s:]{1,200}\.\w{1,8} (?:was )?not found\.?$|"
            r"does not contain (?:any (?:image|file|data|sample|video|valid)|artifact)|"
            r"error opening .{1,200}: system error|"
            r"^lookuperror:\s[\s*]{0,100}resource \S{1,80} not found"
        ),
        where="exception",
        source="Python, Hugging Face, S3, GCS, Azure, torchvision",
        sure=0.9,
    ),
    Rule(
        id="storage_lost",
        cause="data_missing",
        pattern=regex(
            # By number: the words are of the system's language. EIO only with the path it is about.
            r"\[errno (?:107|116|121|112)\]|\[errno 5\] .{0,40}: ['\"]|"
            r"transport endpoint is not connected|stale (?:nfs )?file handle|remote i/o error"
        ),
        where="exception",
        source="POSIX ENOTCONN, ESTALE, EREMOTEIO, EHOSTDOWN, EIO: a mount that went away",
        sure=0.85,
    ),
    Rule(
        id="data_missing_line",
        cause="data_missing",
        needles=words("no such file|can't open file|cannot open"),
        pattern=regex(
            r"^\S*python\S*: can't open file|^(?:cat|cp|tar|ls|unzip|cd|head|mv|"
            r"rsync): .{0,200}no such file or directory|^tar: .{0,200}cannot open"
        ),
        where="tail",
        source="the shell, tar",
        sure=0.6,
    ),
    Rule(
        id="data_broken",
        cause="data_bad",
        pattern=regex(
            r"unidentifiedimageerror|cannot identify image|image file is truncated|"
            r"broken (?:data|png) stream|broken png|"
            r"unpicklingerror(?!: weights only load failed)|"
            r"pickle data was truncated|invalid load key|badzipfile|not a zip file|"
            r"failed finding central directory|badgzipfile|not a gzipped file|zlib\.error|"
            r"error -3 while decompressing|lzmaerror|crc check failed|bad crc|"
            r"compressed (?:file|data).{0,30}ended|jsondecodeerror|json parse error|"
            r"parquet magic bytes|invalid parquet|not a parquet file|arrowinvalid|"
            r"arrowserialization|couldn't (?:deserialize|cast)|thrift.{0,30}(?:deserialize|"
            r"protocol)|truncated file|file signature not found|unable to (?:synchronously "
            r")?open file \((?:file signature|truncated|bad object)|parsererror|"
            r"error tokenizing data|emptydataerror|no columns to parse|unicodedecodeerror|"
            r"dataloss(?:error)?|corrupt(?:ed)?\b|(?:tarfile\.)?readerror|"
            r"unexpected end of (?:data|file|stream)|invalid (?:image|video|jpeg|png|header|"
            r"wav|audio)|premature end of|headertoolarge|headertoosmall|invalidheader\w*|"
            r"metadataincompletebuffer|safetensor\w*error|libsndfileerror|"
            r"error opening .{0,80}(?:format not recogni|unknown format)|failed to decode|"
            r"could not decode|moov atom not found|nonmatchingsplitssizes|"
            r"nonmatchingchecksum|checksum.{0,30}(?:mismatch|did not match|fail)|"
            r"malformed|invalid data found when processing|schema mismatch|"
            r"webdataset.{0,60}(?:error|invalid)|^(?:[\w.]*\.)?(?:decompressionbomberror|"
            r"zstderror|nonmatching\w+error|casterror|datasetgenerationcasterror|libsndfileerror|"
            r"invaliddataerror)\b|^eoferror: (?:ran out of input|compressed file)|"
            r"pytorchstreamreader failed|unexpected eof|not invertible jpeg|"
            r"unknown image file format|file containing pickled data|"
            r"(?<!untagged enum modelwrapper at )line \d+ column \d+\s*$|"
            r"could not parse modelproto|"
            r"assertion failed\) !_?\w+\.empty\(\)|unpack requires a buffer|"
            r"well-formed|must have the same columns|(?:bad|invalid|wrong|unexpected) magic\b|"
            r"unpack\(b\) received extra|^_?csv\.error|expected \d+ fields in line \d+, saw|"
            r"^valueerror: (?:expected object or value|unexpected character found when decoding)|"
            r"magic (?:number|bytes?|value).{0,40}(?:mismatch|not match|invalid|wrong|unexpected)"
        ),
        where="exception",
        source="Pillow, pickle, zipfile, pyarrow, pandas, h5py, safetensors, json",
        sure=0.88,
    ),
    Rule(
        id="png_broken",
        cause="data_bad",
        pattern=regex(r"^syntaxerror: (?:broken png|not a \w+ file|no (?:jpeg|dimensions))"),
        where="exception",
        source="Pillow, which raises SyntaxError for images",
        sure=0.85,
        plain=True,
    ),
)
