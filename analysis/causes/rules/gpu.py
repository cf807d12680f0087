"""The GPU itself, and crashes below Python."""

from typing import Final

from analysis.causes.rules.base import Rule, regex, words

RULES: Final = (
    Rule(
        id="cuda_fault",
        cause="cuda_error",
        pattern=regex(
            r"device-side assert|illegal memory access|unspecified launch failure|"
            r"cuda unknown error|unexpected error from cudagetdevicecount|"
            r"dnn library initialization failed|triton error \[cuda\]|"
            r"misaligned address|uncorrectable ecc|\becc error|an illegal instruction "
            r"was encountered|cuda error: (?!out of memory)|hip error: (?!out of memory)|"
            r"cuda(?:_error|error)[\w.]{0,40}(?:illegal|launch|ecc|unknown|assert)|"
            r"cudnn_status_(?:execution|internal|mapping|bad_param|not_initialized|"
            r"not_supported)|cudnn error|cublas_status_(?:execution|internal|"
            r"not_initialized|invalid_value|not_supported)|gpu has fallen off the bus|"
            r"unknown error.{0,20}cuda|cuda_error_(?!out_of)|memory access fault by gpu|"
            r"cu(?:fft|rand|solver|sparse|blas|blaslt)_(?:status_)?(?!.{0,12}alloc)[a-z_]{4,30}|"
            r"unable to find (?:a valid cudnn algorithm|an engine to execute this computation)|"
            r"\bcu(?:da)?(?:launch|mem|stream|event|module|ctx|graph)\w{2,24} failed|"
            r"gpu is lost|cuda driver error|hipfft_|miopenstatus|no cuda gpus are available|"
            r"no cuda-capable device|no (?:hip|rocm|nvidia) "
            r"(?:gpus?|devices?) (?:are |is )?(?:available|found|detected)"
        ),
        where="exception",
        source="CUDA runtime, cuBLAS, cuDNN, ROCm",
        sure=0.93,
    ),
    Rule(
        id="cuda_line",
        cause="cuda_error",
        needles=words("xid|illegal memory|device-side|fallen off|ecc|gpu node"),
        pattern=regex(
            r"nvrm: xid|\bxid\b.{0,30}: \d+|fallen off the bus|what\(\):\s+cuda error: "
            r"(?!out of memory)|uncorrectable ecc error|memory access fault by gpu node|"
            r"cuda error: device-side assert|an illegal memory access was encountered"
        ),
        where="line",
        source="NVIDIA driver, CUDA, ROCm",
        sure=0.88,
    ),
    Rule(
        id="native_assertion",
        cause="assertion",
        needles=words("assertion"),
        pattern=regex(
            r"^\S.{0,200}?:\d+: .{0,400}: assertion [`'\u2018].{1,300}['\u2019] failed\.?\s*$"
        ),
        where="line",
        source="glibc: assert() of a native library",
        sure=0.85,
    ),
    Rule(
        id="segfault_line",
        cause="segfault",
        needles=words(
            "segmentation|sigsegv|segfault|free()|corrupt|stack smashing|malloc()|munmap_chunk|"
            "invalid pointer|signal 11|core dumped|bus error"
        ),
        pattern=regex(
            r"fatal python error: segmentation fault|segmentation fault|\bsigsegv\b|"
            r"\bsegfault at [0-9a-f]|free\(\): (?:invalid|double)|double free or corruption|"
            r"malloc\(\): (?:corrupt|invalid|memory|unaligned|unsorted)|munmap_chunk\(\)|"
            r"^(?:.{0,80}: )?bus error(?: \(core dumped\))?\s*$|"
            r"corrupted (?:size|double-linked)|stack smashing detected|signal 11\b"
        ),
        where="line",
        source="glibc, faulthandler, the shell, torchrun",
        sure=0.9,
    ),
)
