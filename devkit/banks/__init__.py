"""Item banks: the folder, import and export of the published files, validation, audit, and building from a corpus.

`Bank` reads and `BankWriter` writes (`devkit.banks.store`); everything else here turns something into a bank or a
bank into something.
"""

from devkit.banks.store import Bank, BankCard, BankWriter

__all__ = ["Bank", "BankCard", "BankWriter"]
