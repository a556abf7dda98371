"""Starts the servers that are compared, each on a Unix socket of its own.

All answer /hello with the same body. Shoal, lanes and heads answer /slow after 5 ms.
"""
import os, signal, subprocess, sys, time

from fastcgi import ask

THREADS = 8  # of bare_poller and plain_loop; php-fpm has as many children
RESERVE = 64  # threads of lanes and heads, which have as many event loops as there are processors
HERE = os.path.dirname(os.path.abspath(__file__))


class Contender:
    """A server that runs. `most_kept` is how many kept connections it can serve; None: any number."""

    def __init__(self, name, socket, command, params=None, most_kept=None):
        self.name, self.socket, self.params, self.most_kept = name, socket, params or {}, most_kept
        with open(socket + ".log", "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def answer(self, path):
        return ask(self.socket, {"REQUEST_METHOD": "GET", "REQUEST_URI": path, "SCRIPT_NAME": path,
                                 "DOCUMENT_URI": path, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
                                 **self.params})

    def wait_until_it_answers(self):
        """Ends the benchmark if there is no answer within 30 s, or another one than Shoal's."""
        body, end = None, time.monotonic() + 30
        while body is None and time.monotonic() < end and self.process.poll() is None:
            try:
                body = self.answer("/hello")
            except OSError:
                time.sleep(0.05)
        if body != "Hello, world!\n":
            raise SystemExit(f"{self.name} answers {body!r}; read {self.socket}.log")

    def processes(self):
        return with_children(self.process.pid)

    def serving_processes(self):
        """Returns the processes that answer requests: workers of Shoal, children of php-fpm."""
        return [pid for pid in children_of(self.process.pid) if name_of(pid) != "shoal-deployer"]

    def cpu_seconds(self):
        return sum(cpu_seconds_of(pid) for pid in self.processes())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return list(map(int, children.read().split()))
    except OSError:  # it has ended
        return []


def with_children(pid):
    return [pid] + [each for child in children_of(pid) for each in with_children(child)]


def name_of(pid):
    with open(f"/proc/{pid}/comm") as comm:
        return comm.read().strip()


def cpu_seconds_of(pid):
    """Returns the CPU time of all threads, exactly; /proc/PID/stat counts hundredths of a second."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # what clock_getcpuclockid(3) returns
    except OSError:  # it has ended
        return 0.0


def private_kib(pid):
    """Returns how much memory would be freed if this process ended."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))


def start_shoal(folder, build, threads=None):
    """Shoal as shipped; if `threads` is given, with so many threads."""
    workers = f"workers: {{ threads: {threads} }}\n" if threads else ""
    with open(f"{folder}/shoal.yaml", "w") as conf:
        conf.write(f'listen: [{{ socket: "unix:{folder}/shoal.sock" }}]\napps: "{build}/apps"\n'
                   f"run: run\n{workers}log: {{ file: shoal.log }}\n"
                   "routes: { /hello: hello, /slow: bench.sleeps, /read: bench.reads }\n")
    return Contender("shoal", f"{folder}/shoal.sock",
                     [build + "/bin/shoal", "serve", "-c", folder + "/shoal.yaml"])


def start_rival(folder, build, name):
    loops = str(os.cpu_count())
    words = {"floor": [loops], "heads": [loops, str(RESERVE)], "lanes": [loops, str(RESERVE)],
             "bare_poller": [str(THREADS)], "plain_loop": [str(THREADS)]}[name]
    socket = f"{folder}/{name}.sock"
    return Contender(name, socket, [f"{build}/bin/{name}", socket, *words],
                     most_kept=THREADS if name == "plain_loop" else None)


def php_command(program, folder, more=""):
    """Writes the configuration of a static pool that listens on FOLDER/php-fpm.sock; returns its command."""
    root = os.geteuid() == 0
    with open(f"{folder}/php-fpm.conf", "w") as conf:
        conf.write(f"[global]\ndaemonize = no\npid = {folder}/php-fpm.pid\nerror_log = {folder}/php-fpm.log\n[bench]\n"
                   + ("user = root\ngroup = root\n" if root else "") +
                   f"listen = {folder}/php-fpm.sock\nlisten.backlog = 511\npm = static\npm.max_children = {THREADS}\n"
                   + more)
    return [program] + (["--allow-to-run-as-root"] if root else []) + ["--fpm-config", f"{folder}/php-fpm.conf"]


def start_php_fpm(folder, program):
    return Contender("php-fpm", f"{folder}/php-fpm.sock", php_command(program, folder),
                     {"SCRIPT_FILENAME": HERE + "/hello.php"}, THREADS)


def start(names, folder, build, php, shoal_threads=None):
    """Starts these contenders, and returns them by name once all answer. Without `php`, php-fpm is left out."""
    started = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the contenders are stopped, too
    try:
        for name in names:
            if name == "shoal":
                started[name] = start_shoal(folder, build, shoal_threads)
            elif name != "php-fpm":
                started[name] = start_rival(folder, build, name)
            elif php:
                started[name] = start_php_fpm(folder, php)
        for contender in started.values():
            contender.wait_until_it_answers()
    except BaseException:
        stop(started)
        raise
    return started


def stop(started):
    for contender in started.values():
        contender.stop()
