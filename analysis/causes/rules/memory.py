"""Memory and disk: of the GPU, of the host, on the file system."""

from typing import Final

from analysis.causes.rules.base import Rule, accounted, regex, words

RULES: Final = (
    Rule(
        id="torch_gpu_oom",
        cause="gpu_oom",
        pattern=regex(
            r"(?:cuda|hip|xpu|mps|npu)(?: driver)?(?: error)?(?: \d+)?: ?out of memory|"
            r"\[?(?:cuda|hip|mps|xpu|npu)\]?:? out of memory|enough gpu ram|"
            r"mps backend out of memory|"
            r"cuda_error_out_of_memory|cudaerrormemoryallocation|"
            r"^(?!ray\.|java\.)(?:[\w.]*\.)?outofmemoryerror\b|out_of_memory: cuda|"
            r"out of memory error on gpu|no executable batch size found|"
            r"failed to cuda [mc]alloc|"
            r"\bcuda failure \d+:? '?out of memory|not enough memory\..{0,40}mem-fraction-static|"
            r"(?:cuda|\bgpu|\bhip|\bvram|ncudalib)\w*\b[^\n]{0,240}\bout ?of ?memory|"
            r"\bcudamalloc\w*\b.{0,40}out of memory|rmm (?:failure|error)\b|rmm::(?:out_of|bad_al)|"
            r"failed to allocate memory for requested buffer[\s\S]{0,200}\bcuda"
        ),
        where="exception",
        source="PyTorch caching allocator (CUDA, ROCm, MPS, XPU), Accelerate, RAPIDS, ONNX Runtime",
        sure=0.97,
    ),
    Rule(
        id="xla_gpu_oom",
        cause="gpu_oom",
        pattern=regex(
            r"^(?![\s\S]{0,1800}no space left)[\s\S]{0,1800}?(?:"
            r"resource_?exhausted(?:error)?:.{0,80}(?:out of memory|failed to allocate|oom|"
            r"attempting|ran out of)|oom when allocating tensor|resourceexhaustederror|"
            r"ran out of memory in memory space|memory object allocation failure|"
            r"xlaruntimeerror: internal: failed to allocate \d+ bytes)"
        ),
        where="exception",
        source="XLA, JAX, TensorFlow",
        sure=0.94,
    ),
    Rule(
        id="cublas_alloc",
        cause="gpu_oom",
        pattern=regex(r"cu(?:blas|solver|dnn|sparse|fft)_status_alloc_failed|cusolver.{0,60}alloc"),
        where="exception",
        source="cuBLAS, cuDNN, cuSOLVER",
        sure=0.85,
    ),
    Rule(
        id="vllm_cache",
        cause="gpu_oom",
        pattern=regex(
            r"no available memory for the cache blocks|kv cache.{0,80}(?:larger|is needed|"
            r"not enough)|free memory on device.{0,120}less than desired"
        ),
        where="exception",
        source="vLLM",
        sure=0.85,
    ),
    Rule(
        id="gpu_oom_line",
        cause="gpu_oom",
        needles=words("out of memory|oom when|outofmemory"),
        pattern=regex(
            r"what\(\).{0,40}cuda[^\n]{0,240}\bout of memory|(?:torch\.|cuda\.)?"
            r"outofmemoryerror: cuda|(?:cuda|hip) out of memory\. "
            r"tried to allocate|cuda_error_out_of_memory: out of memory|"
            r"oom when allocating tensor|cuda error: out of memory|cuda runtime error \(2\) "
            r"?: out of memory"
        ),
        where="line",
        source="the same, printed without a traceback",
        sure=0.85,
    ),
    Rule(
        id="cpu_allocator",
        cause="host_oom",
        pattern=regex(
            r"defaultcpuallocator: (?:can't allocate|not enough) memory|"
            r"cannot allocate memory|std::bad_alloc|unable to allocate .{1,40} for an array|"
            r"^(?:[\w.]*\.)?_?(?:array)?memoryerror\b|mmap.{0,40}failed.{0,40}memory|"
            r"unable to mmap .{0,60}cannot allocate|arrowmemoryerror|"
            r"malloc of size \d+ failed|-4:insufficient memory|error: out of memory\b"
        ),
        where="exception",
        source="PyTorch, NumPy, Python, Arrow",
        sure=0.95,
    ),
    Rule(
        id="shared_memory",
        cause="host_oom",
        pattern=regex(
            r"out of shared memory|insufficient shared memory|unable to (?:allocate|open|"
            r"write to|resize).{0,40}(?:shared memory|shm)|/dev/shm.{0,60}no space"
        ),
        where="exception",
        source="PyTorch data loader, /dev/shm",
        sure=0.85,
    ),
    Rule(
        id="loader_killed",
        cause="host_oom",
        pattern=regex(r"dataloader worker .{0,40}is killed by signal: (?:killed|bus error)"),
        where="exception",
        source="PyTorch data loader",
        sure=0.85,
    ),
    Rule(
        id="ray_oom",
        cause="host_oom",
        pattern=regex(
            r"exceeding memory limits|node running low on memory|"
            r"due to (?:the node )?(?:running low on memory|"
            r"memory pressure)|exceeds the memory usage threshold"
        ),
        where="exception",
        source="Ray memory monitor",
        sure=0.93,
    ),
    Rule(
        id="java_heap",
        cause="host_oom",
        needles=words("outofmemoryerror|gc overhead|heap"),
        pattern=regex(
            r"java\.lang\.outofmemoryerror|gc overhead limit exceeded|heap out of memory$"
        ),
        where="line",
        source="JVM, Spark, V8",
        sure=0.9,
    ),
    Rule(
        id="cgroup_oom",
        cause="host_oom",
        needles=words("oom|out of memory|out-of-memory|out_of_memory|memlimit|mem"),
        pattern=regex(
            r"oom[_-]kill(?:er)?\b|oom_kill event|out-of-memory handler|\boomkill(?:ed|"
            r"ing)\b|memory cgroup out of memory|out of memory: kill(?:ed)? process|"
            r"oom-killer|node running low on memory|killed due to memory pressure|"
            r"ran out[ -]of[ -]memory and (?:exited|was|got)|out[ -]of[ -]memory\b.{0,60}\b137\b|"
            r"some of (?:the step tasks|your processes).{0,40}(?:oom|out.of.memory)|"
            r"out_of_memory\b.{0,20}state|term_memlimit|" + accounted("out_of_me") + "|"
            r"job exceeded memory limit|exceeded (?:job )?memory limit|"
            r"mem(?:ory)? .{0,20}exceeded limit"
        ),
        where="line",
        source="Linux kernel, Slurm, Kubernetes, Docker, LSF, PBS, Ray",
        sure=0.95,
    ),
    Rule(
        id="k8s_evicted_memory",
        cause="host_oom",
        needles=words("low on resource"),
        pattern=regex(r"low on resource: memory\b.{0,160}container \S+ was using"),
        where="line",
        source="Kubernetes: evicted for the memory the pod itself used",
        sure=0.93,
    ),
    Rule(
        id="host_oom_line",
        cause="host_oom",
        needles=words("defaultcpuallocator|bad_alloc|shared memory|memory allocation of"),
        pattern=regex(
            r"defaultcpuallocator: (?:can't allocate|not enough) memory|"
            r"what\(\):\s+std::bad_alloc|terminate called .{0,40}bad_alloc|"
            r"insufficient shared memory|memory allocation of \d+ bytes failed"
        ),
        where="line",
        source="C++ and Rust runtimes",
        sure=0.85,
    ),
    Rule(
        id="no_space",
        cause="disk_full",
        pattern=regex(
            r"no space left\b|errno (?:= )?28\b|disk quota exceeded|errno 122|"
            r"quota.{0,20}exceeded on|^oserror: \d+ requested and \d+ written|"
            r"database or disk is full|not enough (?:free )?(?:disk "
            r")?space|pytorchstreamwriter failed writing|inline_container.{0,40}unexpected "
            r"pos|iostream error.{0,40}write|filesystem is full|insufficient disk space"
        ),
        where="exception",
        source="POSIX ENOSPC and EDQUOT; PyTorch's zip writer",
        sure=0.94,
    ),
    Rule(
        id="k8s_evicted_disk",
        cause="disk_full",
        needles=words("ephemeral|emptydir"),
        pattern=regex(
            r"low on resource: ephemeral-storage\b.{0,160}container \S+ was using|"
            r"ephemeral (?:local )?storage (?:usage|limit).{0,60}exceed|"
            r"exceed.{0,40}ephemeral[ -](?:local )?storage|"
            r"usage of emptydir .{0,80}exceeds the limit"
        ),
        where="line",
        source="Kubernetes: evicted for the disk the pod itself used",
        sure=0.93,
    ),
    Rule(
        id="no_space_line",
        cause="disk_full",
        needles=words("no space left|quota exceeded"),
        pattern=regex(r"no space left on device|disk quota exceeded"),
        where="tail",
        source="POSIX ENOSPC and EDQUOT",
        sure=0.85,
    ),
)
