"""The table of goals, each beside what was measured."""


def print_head():
    print("| goal | at least | at most | measured | reached |\n|---|---:|---:|---:|---|")


def print_row(what, measured, at_least=None, at_most=None):
    reached = measured >= at_least if at_least is not None else measured <= at_most
    limits = " | ".join("" if limit is None else f"{limit:g}" for limit in (at_least, at_most))
    print(f"| {what} | {limits} | {measured:.2f} | {'yes' if reached else 'no'} |")
