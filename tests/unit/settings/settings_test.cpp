// Keys with single values: defaults, meaning, errors.

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(Configuration, HasDefaultsForAllOptionalKeys) {
  const Settings settings = settings_with("");
  EXPECT_EQ(settings.workers.threads, 64u);
  EXPECT_EQ(settings.workers.queue, 1'024u);
  EXPECT_EQ(settings.workers.grace, 30s);
  EXPECT_EQ(settings.groups.kind, Groups::Kind::kTopLevel);
  EXPECT_EQ(settings.sweep.watch, Sweep::Watch::kAuto);
  EXPECT_EQ(settings.sweep.interval, 1s);
  EXPECT_EQ(settings.sweep.settle, 100ms);
  EXPECT_EQ(settings.sweep.wait, 5s);
  EXPECT_TRUE(settings.modules.empty());
  EXPECT_EQ(settings.limits.body, 8u << 20);
  EXPECT_EQ(settings.limits.body_timeout, 5min);
  EXPECT_EQ(settings.limits.bodies, 1ull << 30);
  EXPECT_EQ(settings.limits.read_timeout, 60s);
  EXPECT_EQ(settings.limits.idle_timeout, 75s);
  EXPECT_EQ(settings.limits.keep_alive_drain, 1u << 20);
  EXPECT_EQ(settings.state.path, settings.run / "state");
  EXPECT_EQ(settings.state.size, 256u << 20);
  EXPECT_EQ(settings.state.durability, State::Durability::kProcess);
  EXPECT_TRUE(settings.expose);
  EXPECT_EQ(settings.log.level, Log::Level::kInfo);
  EXPECT_EQ(settings.log.target, LogTarget());
  EXPECT_EQ(settings.log.slow, 0s);
  EXPECT_FALSE(settings.log.access);
  EXPECT_EQ(settings.workers.processes, 1u);
  EXPECT_EQ(settings.quarantine.crashes, 3u);
  EXPECT_EQ(settings.quarantine.within, 60s);
  EXPECT_EQ(settings.history.keep, 10u);
  EXPECT_EQ(settings.history.size, 1ull << 30);
  EXPECT_EQ(settings.control.group, "");
  EXPECT_FALSE(settings.status);
}

TEST_F(Configuration, ReadsEverySingleValue) {
  const Settings settings = settings_with(
      "workers: { processes: 4, threads: 32, grace: 2m, max_requests: 5000, queue: 64 }\n"
      "sweep: { watch: stat, interval: 2s, settle: 0s, wait: 250ms }\n"
      "limits: { body: 1GiB, body_timeout: 10s, bodies: 2GiB,\n"
      "          read_timeout: 1s, write_timeout: 2s, idle_timeout: 3s,\n"
      "          keep_alive_drain: 0B, request_timeout: 4s }\n"
      "quarantine: { crashes: 5, within: 2m }\n"
      "history: { keep: 2, size: 64MiB }\n"
      "control: { group: deploy }\n"
      "status: { route: /-/shoal, allow: [10.0.0.7] }\n"
      "state: { path: /srv/state, size: 2GiB, durability: machine }\n"
      "expose: false\n"
      "log: { level: debug, file: /var/log/shoal.log, slow: 1s,\n"
      "       access: { file: syslog, format: json } }\n");
  EXPECT_EQ(settings.workers.processes, 4u);
  EXPECT_EQ(settings.workers.threads, 32u);
  EXPECT_EQ(settings.workers.max_requests, 5000u);
  EXPECT_EQ(settings.workers.queue, 64u);
  EXPECT_EQ(settings.workers.grace, 2min);
  EXPECT_EQ(settings.sweep.watch, Sweep::Watch::kStat);
  EXPECT_EQ(settings.sweep.interval, 2s);
  EXPECT_EQ(settings.sweep.settle, 0s);
  EXPECT_EQ(settings.sweep.wait, 250ms);
  EXPECT_EQ(settings.limits.body, 1u << 30);
  EXPECT_EQ(settings.limits.body_timeout, 10s);
  EXPECT_EQ(settings.limits.bodies, 2ull << 30);
  EXPECT_EQ(settings.limits.read_timeout, 1s);
  EXPECT_EQ(settings.limits.write_timeout, 2s);
  EXPECT_EQ(settings.limits.idle_timeout, 3s);
  EXPECT_EQ(settings.limits.keep_alive_drain, 0u);
  EXPECT_EQ(settings.limits.request_timeout, 4s);
  EXPECT_EQ(settings.quarantine.crashes, 5u);
  EXPECT_EQ(settings.quarantine.within, 2min);
  EXPECT_EQ(settings.history.keep, 2u);
  EXPECT_EQ(settings.history.size, 64ull << 20);
  EXPECT_EQ(settings.control.group, "deploy");
  EXPECT_EQ(settings.status->route, "/-/shoal");
  EXPECT_THAT(settings.status->allow, ElementsAre("10.0.0.7"));
  EXPECT_EQ(settings.state.path, "/srv/state");
  EXPECT_EQ(settings.state.size, 2ull << 30);
  EXPECT_EQ(settings.state.durability, State::Durability::kMachine);
  EXPECT_FALSE(settings.expose);
  EXPECT_EQ(settings.log.level, Log::Level::kDebug);
  EXPECT_EQ(settings.log.target, (LogTarget{LogTarget::Kind::kFile, "/var/log/shoal.log"}));
  EXPECT_EQ(settings.log.slow, 1s);
  EXPECT_EQ(settings.log.access->target.kind, LogTarget::Kind::kSyslog);
  EXPECT_EQ(settings.log.access->format, "json");
}

TEST_F(Configuration, TreatsAnEmptySectionAsItsDefaults) {
  const Settings settings =
      settings_with("workers:\nsweep: {}\nmodules:\nlimits:\n  # body: 1MiB\nlog:\n");
  EXPECT_EQ(settings.workers.threads, 64u);
  EXPECT_EQ(settings.limits.body, 8u << 20);
}

TEST_F(Configuration, ReportsMissingRequiredKeys) {
  EXPECT_THAT(
      errors_of("# begin\nexpose: true\n"),
      ElementsAre(
          "shoal.yaml:2: listen: missing; add it, as in \"listen: unix:/run/shoal/shoal.sock\"",
          "shoal.yaml:2: apps: missing; add it, as in \"apps: /usr/lib/shoal/apps\"",
          "shoal.yaml:2: run: missing; add it, as in \"run: /var/lib/shoal\"",
          "shoal.yaml:2: routes: missing; add it, as in \"routes: { /: hello }\""));
  EXPECT_THAT(errors_of("listen:\napps:\nrun: ''\nroutes:\n"),
              ElementsAre(StartsWith("shoal.yaml:1: listen: has no socket; write one"),
                          "shoal.yaml:2: apps: has no value; write one, or remove the key",
                          "shoal.yaml:3: run: is empty; write a path",
                          StartsWith("shoal.yaml:4: routes: has no routes; write at least one")));
}

TEST_F(Configuration, SuggestsTheNearestKeyForAnUnknownOne) {
  EXPECT_EQ(error_with("sweep:\n  setle: 5s\n"),
            "shoal.yaml:6: sweep.setle: unknown key; did you mean \"settle\"?");
  EXPECT_EQ(error_with("module: {}\n"),
            "shoal.yaml:5: module: unknown key; did you mean \"modules\"?");
  EXPECT_EQ(error_with("workers: { thread: 4 }\n"),
            "shoal.yaml:5: workers.thread: unknown key; did you mean \"threads\"?");
  EXPECT_EQ(error_with("limits: { read_timout: 5s }\n"),
            "shoal.yaml:5: limits.read_timout: unknown key; did you mean \"read_timeout\"?");
  EXPECT_EQ(error_with("workers: { queu: 4 }\n"),
            "shoal.yaml:5: workers.queu: unknown key; did you mean \"queue\"?");
  EXPECT_EQ(error_with("state: { durabilty: machine }\n"),
            "shoal.yaml:5: state.durabilty: unknown key; did you mean \"durability\"?");
  EXPECT_EQ(error_with("log: { levl: info }\n"),
            "shoal.yaml:5: log.levl: unknown key; did you mean \"level\"?");
}

TEST_F(Configuration, ListsTheKnownKeysIfNoKeyIsNear) {
  EXPECT_EQ(error_with("sweep: { marker: true }\n"),
            "shoal.yaml:5: sweep.marker: unknown key; the keys here are watch, interval, settle, "
            "wait, probe");
  EXPECT_THAT(error_with("supervision: true\n"),
              HasSubstr("the keys here are listen, workers, apps"));
}

TEST_F(Configuration, RefusesValuesOfAnotherType) {
  EXPECT_EQ(error_with("workers: 8\n"),
            "shoal.yaml:5: workers: is a single value; write a mapping: lines of \"key: value\", "
            "indented below it");
  EXPECT_EQ(
      error_with("workers: { threads: [8] }\n"),
      "shoal.yaml:5: workers.threads: is a list; write a single value, in quotes if it begins "
      "with [");
  EXPECT_EQ(
      error_with("workers: { threads: { most: 8 } }\n"),
      "shoal.yaml:5: workers.threads: is a mapping; write a single value, in quotes if it has "
      "a colon");
  EXPECT_EQ(error_with("workers: { threads: many }\n"),
            "shoal.yaml:5: workers.threads: \"many\" is not a whole number; write 1 to 1024");
  EXPECT_THAT(error_with("workers: { threads: 8.5 }\n"), HasSubstr("is not a whole number"));
  EXPECT_EQ(error_with("expose: on\n"),
            "shoal.yaml:5: expose: \"on\" is neither true nor false; write one of the two");
  EXPECT_EQ(error_with("sweep: { watch: inotfy }\n"),
            "shoal.yaml:5: sweep.watch: \"inotfy\" is not one of auto, inotify, stat; did you mean "
            "\"inotify\"?");
  EXPECT_EQ(error_with("state: { durability: disk }\n"),
            "shoal.yaml:5: state.durability: \"disk\" is not one of process, machine; write one of "
            "these");
  EXPECT_THAT(error_with("state: run/state\n"), HasSubstr("state: is a single value"));
  EXPECT_THAT(error_with("expose:\n"), HasSubstr("has no value; write one, or remove the key"));
}

TEST_F(Configuration, RefusesValuesOutOfRange) {
  EXPECT_EQ(error_with("workers: { threads: 0 }\n"),
            "shoal.yaml:5: workers.threads: 0 is out of range; write 1 to 1024");
  EXPECT_THAT(error_with("workers: { threads: 1025 }\n"), HasSubstr("write 1 to 1024"));
  EXPECT_THAT(error_with("workers: { threads: -1 }\n"), HasSubstr("write 1 to 1024"));
  EXPECT_THAT(error_with("workers: { threads: 99999999999 }\n"), HasSubstr("write 1 to 1024"));
  EXPECT_EQ(error_with("workers: { queue: 0 }\n"),
            "shoal.yaml:5: workers.queue: 0 is out of range; write 1 to 65535");
  EXPECT_EQ(error_with("workers: { grace: 61m }\n"),
            "shoal.yaml:5: workers.grace: 61m is out of range; write 0ms to 1h");
  EXPECT_THAT(error_with("sweep: { interval: 0s }\n"), HasSubstr("write 1ms to 1h"));
  EXPECT_THAT(error_with("sweep: { settle: 61s }\n"), HasSubstr("write 0ms to 1m"));
  EXPECT_THAT(error_with("limits: { idle_timeout: 0s }\n"), HasSubstr("write 1ms to 24h"));
  EXPECT_THAT(error_with("limits: { keep_alive_drain: 2GiB }\n"), HasSubstr("write 0B to 1GiB"));
  EXPECT_THAT(error_with("state: { size: 1KiB }\n"), HasSubstr("write 1MiB to 1024GiB"));
  EXPECT_EQ(settings_with("workers: { threads: 1024, grace: 0s }\n").workers.threads, 1024u);
}

TEST_F(Configuration, RequiresUnits) {
  EXPECT_EQ(error_with("sweep: { wait: 5 }\n"),
            "shoal.yaml:5: sweep.wait: has no unit; write one, as in 5s or 250ms");
  EXPECT_EQ(error_with("limits: { body: 8388608 }\n"),
            "shoal.yaml:5: limits.body: has no unit; write one, as in 8MiB or 512KiB");
  EXPECT_EQ(error_with("state: { size: 268435456 }\n"),
            "shoal.yaml:5: state.size: has no unit; write one, as in 8MiB or 512KiB");
}

TEST_F(Configuration, BoundsTheNumbersOfProcesses) {
  EXPECT_THAT(error_with("workers: { processes: 0 }\n"), HasSubstr("write 1 to 256"));
  EXPECT_THAT(error_with("workers: { max_requests: 0 }\n"), HasSubstr("write 1 to 1000000000"));
  EXPECT_THAT(error_with("quarantine: { crashes: 0 }\n"), HasSubstr("write 1 to 1000"));
  EXPECT_THAT(error_with("quarantine: { within: 10ms }\n"), HasSubstr("write 1s to 24h"));
}

TEST_F(Configuration, KeepsAtLeastTwoReleases) {
  EXPECT_THAT(error_with("history: { keep: 1 }\n"), HasSubstr("write 2 to 1000"));
  EXPECT_THAT(error_with("history: { size: 1KiB }\n"), HasSubstr("write 1MiB to 1024GiB"));
  EXPECT_THAT(error_with("history: { size: 5 }\n"), HasSubstr("has no unit"));
}

TEST_F(Configuration, WantsTheNameOfTheGroupThatMayAsk) {
  EXPECT_THAT(error_with("control: {}\n"), HasSubstr("control.group: missing; add it, as in"));
  EXPECT_THAT(error_with("control: { group: \"\" }\n"), HasSubstr("control.group: is empty"));
  EXPECT_THAT(error_with("control: { user: me }\n"), HasSubstr("control.user: unknown key"));
}

TEST_F(Configuration, AllowsTheStatusPageToThisMachineAloneByDefault) {
  EXPECT_THAT(settings_with("status: { route: /-/shoal }\n").status->allow,
              ElementsAre("127.0.0.1", "::1"));
  EXPECT_THAT(error_with("status: {}\n"), HasSubstr("status.route: missing; add it, as in"));
  EXPECT_THAT(error_with("status: { route: / }\n"), HasSubstr("would hide all other pages"));
  EXPECT_THAT(error_with("status: { route: status/ }\n"), HasSubstr("must begin with a slash"));
  EXPECT_THAT(error_with("status: { route: /s, allow: [everyone] }\n"),
              HasSubstr("status.allow[0]: \"everyone\" is not an IP address"));
}

TEST_F(Configuration, NamesTheTargetOfTheAccessLog) {
  EXPECT_EQ(settings_with("log: { access: journald }\n").log.access->target.kind,
            LogTarget::Kind::kJournald);
  EXPECT_EQ(settings_with("log: { access: a.log }\n").log.access->target.path, folder() / "a.log");
  EXPECT_THAT(error_with("log: { access: { format: json } }\n"),
              HasSubstr("log.access.file: missing"));
}

TEST_F(Configuration, ReportsAllErrorsOfAFormatAtOnce) {
  EXPECT_THAT(
      errors_with("log: { access: { file: a.log, format: \"%S %s %{foo}d\" } }\n"),
      ElementsAre(HasSubstr("log.access.format: \"%S\" is not a conversion; did you mean %s?"),
                  HasSubstr("log.access.format: \"%{foo}d\" has an unknown unit; the units are ")));
}

TEST_F(Configuration, ResolvesPathsAgainstTheFolderOfTheFile) {
  const Settings settings = settings_with("log: { file: ./logs/../shoal.log }\n");
  EXPECT_EQ(settings.file, file());
  EXPECT_EQ(settings.apps, folder() / "apps");
  EXPECT_EQ(settings.run, folder() / "run");
  EXPECT_EQ(settings.listen.at(0).path, folder() / "shoal.sock");
  EXPECT_EQ(settings.log.target.path, folder() / "shoal.log");
  EXPECT_EQ(settings.state.path, folder() / "run/state");
  EXPECT_EQ(settings_with("state: { path: ../kept }\n").state.path,
            folder().parent_path() / "kept");
}

TEST_F(Configuration, ResolvesPathsWhenTheFileIsNamedRelatively) {
  write("listen: fd:0\napps: ../apps/\nrun: /srv//run/./shoal\nroutes: { /: hello }\n");
  const Settings settings = read(std::filesystem::relative(file()));
  EXPECT_EQ(settings.apps, folder().parent_path() / "apps");
  EXPECT_EQ(settings.run, "/srv/run/shoal");
}

TEST_F(Configuration, DoesNotResolveSymbolicLinksInPaths) {
  std::filesystem::create_directories(folder() / "releases/42");
  std::filesystem::create_directory_symlink("releases/42", folder() / "current");
  const Settings settings =
      settings_of("listen: fd:0\napps: current/apps\nrun: run\nroutes: { /: hello }\n");
  EXPECT_EQ(settings.apps, folder() / "current/apps");
}

TEST_F(Configuration, RefusesARunFolderWithinApps) {
  const std::string within =
      "shoal.yaml:3: run: is within the apps folder, where its copies of modules would be loaded "
      "as "
      "modules; choose another folder";
  const auto run_in = [](const std::string& run) {
    return "listen: fd:0\napps: apps\nrun: " + run + "\nroutes: { /: hello }\n";
  };
  EXPECT_EQ(error_of(run_in("apps/run")), within);
  EXPECT_EQ(error_of(run_in("./apps/")), within);
  EXPECT_TRUE(errors_of(run_in("apps-run")).empty());
}

TEST_F(Configuration, RefusesAStateFolderWithinApps) {
  EXPECT_EQ(error_with("state: { path: apps/state }\n"),
            "shoal.yaml:5: state.path: is within the apps folder, which is for modules only; "
            "choose another "
            "folder");
}

TEST_F(Configuration, RefusesPathsWithControlCharacters) {
  EXPECT_EQ(error_with("log: { file: \"a\\0b\" }\n"),
            "shoal.yaml:5: log.file: \"a\\x00b\" has a control character; remove it");
  EXPECT_THAT(error_with("log: { file: stdout }\n"),
              HasSubstr("write stderr, syslog, journald or a path"));
}

}  // namespace
}  // namespace shoal::settings
