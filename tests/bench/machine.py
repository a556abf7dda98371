"""What else the machine did during a run: figures of a busy machine are worth little."""
import datetime, os, sys, time


def ticks():
    """Returns ticks since the machine started: stolen by the hypervisor, idle, and all."""
    with open("/proc/stat") as stat:
        fields = list(map(int, stat.readline().split()[1:9]))
    return fields[7], fields[3] + fields[4], sum(fields)


class Machine:
    """Begins to watch when it is made, before anything of ours runs. Takes 3 s."""

    def __init__(self):
        _, idle, everything = ticks()
        time.sleep(3)
        self.stolen, idle_now, self.everything = ticks()
        self.busy = 100 - 100 * (idle_now - idle) // (self.everything - everything)
        if self.busy > 5:
            print(f"Other programs use {self.busy} % of the CPU: the figures will be wrong. Stop them and run again.",
                  file=sys.stderr)

    def tell(self, what):
        """Prints what was measured, when, and what else the machine did since."""
        stolen, _, everything = ticks()
        given = 100 * (stolen - self.stolen) // max(1, everything - self.everything)
        print(f"{datetime.date.today()}, {os.cpu_count()} CPUs: {what}. Other programs used {self.busy} % of the CPU "
              f"before, the hypervisor gave {given} % of it to others meanwhile.\n")
