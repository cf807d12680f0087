"""What can be seen in a run, a file each; the folder is the register.

A detector is a pure function ``Signals, Thresholds → Findings``. Where it cannot be applied it
says so (``NotChecked``) instead of keeping silent.
"""
