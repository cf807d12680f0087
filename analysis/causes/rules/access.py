"""Access that was refused, packages and drivers that do not fit."""

from typing import Final

from analysis.causes.rules.base import Rule, regex, words

RULES: Final = (
    Rule(
        id="auth_exception",
        cause="auth",
        pattern=regex(
            r"^(?:[\w.]*\.)?(?:gatedrepoerror|\w*authenticationerror|nocredentialserror|"
            r"partialcredentialserror|refresherror|defaultcredentialserror|"
            r"localtokennotfounderror|invalidrestapikey|\w*invalidapitoken\w*|unauthorized\w*|"
            r"forbidden|tokenretrievalerror|ssotokenloaderror|unauthorizedssotokenerror)\b|"
            r"^(?:[\w.]*\.)?\w*invalidapi(?:token|key)\w*|\bpermission_denied\b|"
            r"invalid token passed|"
            r"\b(?-i:[A-Z][A-Z0-9_]*_(?:TOKEN|API_KEY|SECRET_KEY|ACCESS_KEY))\b"
            r".{0,40}(?:not (?:set|found|provided|defined|configured)|missing|required)|"
            r"could not find kaggle\.json|credentials? (?:file )?(?:\S+ )?(?:was |were )?not found|"
            r"\(40[13]\).{0,80}(?:forbidden|unauthorized|denied)|"
            r"^permissionerror: (?:forbidden|access denied|unauthorized)|gated (?:repo|dataset)|"
            r"api[_ ]?key\b.{0,40}must be (?:set|\d+ characters)|invalid (?:rest ?)?api ?key|"
            r"invalid api token|access to (?:model|dataset) .{1,80} is restricted|"
            r"\b40[13](?: client error|: ?(?:unauthorized|forbidden)|"
            r"\b.{0,40}(?:unauthorized|forbidden|invalid (?:api )?(?:key|token|user)|"
            r"api key|authenticat))|error:? (?:code:? )?40[13]\b|"
            r"not logged in|authentication_error|http ?(?:error )?40[13]|"
            r"status(?:[ _]code)?\W{1,4}40[13]|accessdenied|access ?denied|"
            r"invalidaccesskeyid|signaturedoesnotmatch|expiredtoken|tokenexpired|"
            r"token (?:has |is )?(?:expired|invalid)|"
            r"invalid (?:user|access|api|auth\w*|bearer|hf|security) token|"
            r"invalidclienttokenid|unrecognizedclient|nocredentialserror|"
            r"unable to locate credentials|could not (?:automatically "
            r")?determine credentials|defaultcredentialserror|api[_ ]?key not (?:configured|"
            r"found|set|provided)|no api[_ ]key|(?:incorrect|invalid|missing|"
            r"wrong) api[_ ]?key|authenticationerror|permissiondeniederror|"
            r"permission ?denied.{0,20}(?:publickey|for user|on resource|storage)|"
            r"authorizationpermissionmismatch|invalidauthentication|"
            r"not authorized to perform|does not have [\w.]+ access|"
            r"authentication (?:failed|required)|you must (?:be logged in|log ?in)|"
            r"please (?:log ?in|login|run .{0,30}login)|localtokennotfound|"
            r"token is required|permission denied: .{0,20}(?:s3|gs)://|"
            r"could not read (?:username|password)|host key verification failed|"
            r"commerror: .{0,60}permission|entity .{0,60}not found during upsertbucket"
        ),
        where="exception",
        source="Hugging Face, W&B, AWS, Google Cloud, Azure, OpenAI, git",
        sure=0.9,
    ),
    Rule(
        id="auth_line",
        cause="auth",
        needles=words(
            "401|403|api_key|api key|denied|credential|gated|authentication failed|"
            "could not read username"
        ),
        pattern=regex(
            r"api_key not configured|gated repo|permission denied \(publickey|"
            r"unable to locate credentials|\b(?:401|403) client error|accessdenied|"
            r"fatal: authentication failed|could not read username for|invalid api key"
        ),
        where="tail",
        source="the same, printed without a traceback",
        sure=0.75,
    ),
    Rule(
        id="key_not_in_environment",
        cause="auth",
        pattern=regex(
            r"^keyerror: ['\"](?-i:[A-Z][A-Z0-9_]*_(?:TOKEN|API_KEY|SECRET|SECRET_KEY|ACCESS_KEY|"
            r"PASSWORD))['\"]$"
        ),
        where="exception",
        source="os.environ, where no key is set",
        sure=0.8,
        plain=True,
    ),
    Rule(
        id="removed_from_package",
        cause="dependency",
        pattern=regex(
            r"was removed in (?:the )?\w+ v?\d|descriptors cannot (?:not )?be created directly|"
            r"module '\w+' has no attribute '__version__'|module 'numpy' has no attribute '"
            r"(?:float|int|bool|complex|object|str|long|unicode|float_|infty?|nan_?|product|cumproduct|"
            r"in1d|trapz|alltrue|sometrue)'"
        ),
        where="exception",
        source="NumPy 2, protobuf: packages of versions that do not fit each other",
        sure=0.8,
        plain=True,
    ),
    Rule(
        id="missing_program",
        cause="dependency",
        pattern=regex(
            r"(?:filenotfounderror|oserror).{0,40}no such "
            r"file or directory: '[\w.+-]{1,40}'$|filenotfounderror.{0,80}(?:is (?:ffmpeg|"
            r"git|nvcc|java) installed|not (?:found|installed) in path)|"
            r"cuda_home (?:environment variable )?(?:is not set|does not exist)|missingcuda|"
            r"unable to compile cuda op|ninja is required|executable.{0,30}not found"
        ),
        where="exception",
        source="subprocess: a program that is not installed",
        sure=0.7,
    ),
    Rule(
        id="import_failed",
        cause="dependency",
        pattern=regex(
            r"^(?:[\w.]*\.)?(?:modulenotfounderror|importerror|pkg_resources\.\w+|"
            r"(?:versionconflict|distributionnotfound|packagenotfounderror))\b|"
            r"no module named|cannot import name|undefined symbol|cannot open shared object "
            r"file|version `?(?:glibc|glibcxx|cxxabi)[\w.]*'? not found|"
            r"driver on your system is too old|driver version is insufficient|"
            r"no kernel image is available|found no nvidia driver|"
            r"not compiled with (?:cuda|nccl|mpi|gpu)|"
            r"torch not compiled|module compiled against (?:abi|api) version|"
            r"numpy\.dtype size changed|compiled using numpy 1\.x cannot be run|"
            r"_array_api not found|detected cuda version .{0,20}mismatches|"
            r"requires the \S+ (?:library|package)|please (?:pip )?install|pip install|"
            r"is required for .{0,60} but|requires .{1,60} but (?:you have|found)|"
            r"\bnot (?:found|installed|available),? (?:but|and) (?:it )?is (?:required|needed)|"
            r"error compiling objects for extension|"
            r"your setup doesn't support (?:bf16|fp16|tf32)|gpu is required to|"
            r"cannot find a working triton|unsupported display driver|"
            r"you need to install|could not load library|unsupported (?:toolchain|ptx|"
            r"gpu architecture)|ptx was compiled with|(?:only supports|"
            r"requires).{0,60}(?:compute capability|ampere)|dll load failed|"
            r"cuda setup failed|operator torchvision::\w+ does not exist|"
            r"compiled with different cuda|error building extension|"
            r"does not match the version torch was compiled|cudamismatchexception|"
            r"failed to find c compiler|find appropriate backend to handle uri|"
            r"does not recognize this architecture|version of transformers is out of date|"
            r"forward compatibility was attempted|"
            r"version \S{1,20} is (?:newer|older) than and incompatible|"
            r"could not load (?:bitsandbytes )?native library|"
            r"unsupportedclassversionerror|cudnn_status_(?:not_supported_version|"
            r"version_mismatch)|libcudnn.{0,40}not found"
        ),
        where="exception",
        source="Python's import system, pip, the loader, the CUDA driver",
        sure=0.92,
    ),
    Rule(
        id="dependency_line",
        cause="dependency",
        needles=words(
            "not found|shared|illegal instruction|no module named|resolution|satisfies|"
            "could not load library|unable to load any of|cannot load symbol"
        ),
        pattern=regex(
            r"error while loading shared libraries|version `?glibc[\w.]*'? not found|"
            r"^(?:.{0,60}: )?(?:line \d+: )?[\w.+-]{1,40}: command not found|"
            r"illegal instruction|^\S*python\S*: no module named \S+|resolutionimpossible|"
            r"could not find a version that satisfies|could not load library \S{1,80}\. error: |"
            r"unable to load any of \{\S{1,80}\.so|invalid handle\. cannot load symbol cudnn"
        ),
        where="tail",
        source="the loader, the shell, pip, cuDNN",
        sure=0.8,
    ),
)
