"""Compares our calendar, `date,name` lines on standard input, with the package holidays: days and names."""

import sys

import holidays

FIRST, LAST = 1949, 2099


def main() -> int:
    theirs = {f"{day},{name}" for day, name in holidays.Japan(years=range(FIRST, LAST + 1), language="ja").items()}
    ours = {line.strip() for line in sys.stdin if FIRST <= int(line[:4]) <= LAST}
    for line in sorted(ours ^ theirs):
        print(f"only in {'ours' if line in ours else 'theirs'}: {line}")
    print(f"{len(ours)} holidays of {FIRST} to {LAST} compared with holidays {holidays.__version__}")
    return 0 if ours == theirs and len(ours) > 2000 else 1


sys.exit(main())
